// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What a dial of a service has learned of it: the SRV lookup, and what became of each target.
@available(FairDial 0.1, *)
public struct SRVReport: Hashable, Sendable {
    private final class Content: Hashable, Sendable {
        let service: String
        let ended: Duration?
        let server: Endpoint?
        let targets: [SRVTargetReport]
        let leftOut: Int

        init(_ service: String, _ ended: Duration?, _ server: Endpoint?, _ targets: [SRVTargetReport], _ leftOut: Int) {
            self.service = service
            self.ended = ended
            self.server = server
            self.targets = targets
            self.leftOut = leftOut
        }

        static func == (left: Content, right: Content) -> Bool {
            left.service == right.service && left.ended == right.ended && left.server == right.server
                && left.targets == right.targets && left.leftOut == right.leftOut
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(service)
            hasher.combine(targets)
        }
    }

    /// Out of line: every report has room for one, and few dials are of a service.
    private let content: Content

    /// The service's name, `_mongodb._tcp.cluster.example.org`.
    public var service: String { content.service }

    /// How long after the dial's start the SRV records came; `nil` where none came.
    public var ended: Duration? { content.ended }

    /// The DNS server that gave them; `nil` where no server did, or it is not known which.
    public var server: Endpoint? { content.server }

    /// The targets in the order in which they are tried, 64 at most; after them those that cannot be dialed.
    public var targets: [SRVTargetReport] { content.targets }

    /// How many further targets the service has. They are neither tried nor listed.
    public var leftOut: Int { content.leftOut }

    /// A report from its parts.
    public init(
        service: String,
        ended: Duration? = nil,
        server: Endpoint? = nil,
        targets: [SRVTargetReport] = [],
        leftOut: Int = 0
    ) {
        content = Content(service, ended, server, targets, leftOut)
    }
}
