// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// Endpoints that a caller has: of its own, or from an earlier answer. A reference, for targets are passed around by
/// every dial.
@available(FairDial 0.1, *)
final class KnownTarget: Hashable, Sendable {
    let endpoints: [Endpoint]
    /// What they are the endpoints of; `nil` where the caller gave no name.
    let name: String?
    /// The port that all of them have; `nil` where they differ.
    let port: UInt16?
    /// Who answered; `nil` for a caller's own.
    let source: LookupSource?

    init(endpoints: [Endpoint], name: String?, source: LookupSource? = nil) {
        self.endpoints = endpoints
        self.name = name
        self.source = source
        let first = endpoints.first?.port
        port = endpoints.allSatisfy { $0.port == first } ? first : nil
    }

    convenience init(_ answer: Answer) {
        self.init(endpoints: answer.endpoints, name: answer.target.host, source: answer.source)
    }

    static func == (left: KnownTarget, right: KnownTarget) -> Bool {
        left === right
            || left.name == right.name && left.source == right.source && left.endpoints == right.endpoints
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(endpoints)
    }

    /// `db:5432`; without a name the first endpoint, and how many more there are.
    var description: String {
        if let name {
            return port.map { Target.written(host: name, port: "\($0)") } ?? Target.excerpt(name)
        }
        guard let first = endpoints.first else { return "no endpoints" }
        return endpoints.count == 1 ? "\(first)" : "\(first) and \(endpoints.count - 1) more"
    }
}
