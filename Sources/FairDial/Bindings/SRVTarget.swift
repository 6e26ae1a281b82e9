// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses

/// One server of a service, as an SRV record names it (RFC 2782).
@available(FairDial 0.1, *)
public struct SRVTarget: Hashable, Sendable {
    /// The server's name, without a final dot: what TLS calls the server's name.
    public let name: String

    /// Its port, 1 … 65535.
    public let port: UInt16

    /// The lower, the better.
    public let priority: UInt16

    /// Its share of the load among the targets of one priority.
    public let weight: UInt16

    /// A target from its parts.
    public init(name: String, port: UInt16, priority: UInt16, weight: UInt16) {
        self.name = name
        self.port = port
        self.priority = priority
        self.weight = weight
    }

    init(_ record: SRVRecord) {
        self.init(
            name: "\(record.target)",
            port: record.port,
            priority: record.priority,
            weight: record.weight
        )
    }
}

@available(FairDial 0.1, *)
extension SRVTarget: CustomStringConvertible {
    /// `db1.example.org:27017`; what is not printable is shown as an escape.
    public var description: String { "\(name.printable):\(port)" }
}
