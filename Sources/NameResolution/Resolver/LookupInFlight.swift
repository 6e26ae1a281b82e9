// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
public import IPAddresses

/// One line of the live view: which lookup is in flight, since when, whom it waits for, and who waits for it.
///
/// `Dialer.lookupsInFlight` brings them, the oldest first. Printed, one also says the type of its records, who looks
/// them up, and whether it has left the queue.
@available(FairDial 0.1, *)
public struct LookupInFlight: Hashable, Sendable, Identifiable {
    /// Where a lookup is.
    package enum Stage: String, Hashable, Sendable {
        /// In the resolver's queue, for a slot.
        case queued
        /// A server has been asked, or a thread is inside `getaddrinfo`.
        case asked
    }

    /// What no other lookup of this process has, as long as it runs.
    public let id: UInt64

    /// The name, as it was asked; of a URL that was given for a host, without a password.
    public let name: String

    /// The type of the records that were asked for, such as SRV; `nil` for addresses.
    package let recordType: RecordType?

    /// Who looks it up: `dns`, `system`; `nil` where the resolver does not say.
    package let source: LookupSource?

    /// The DNS servers that have been asked and have not answered yet; empty where that is not known, as inside
    /// `getaddrinfo`.
    public let servers: [Endpoint]

    /// Whether it has left the queue.
    package let stage: Stage

    /// How long ago it was asked for.
    public let age: Duration

    /// How many callers wait for it.
    public let waiters: Int

    /// Whether no caller waits any more: `getaddrinfo` cannot be called back, and holds its thread until it returns.
    public var isAbandoned: Bool { waiters == 0 }

    /// A lookup from its parts, for a resolver with a list of its own.
    public init(id: UInt64, name: String, servers: [Endpoint] = [], age: Duration, waiters: Int) {
        self.init(id: id, name: name, source: nil, servers: servers, age: age, waiters: waiters)
    }

    /// The same, with what is only printed.
    package init(
        id: UInt64,
        name: String,
        recordType: RecordType? = nil,
        source: LookupSource?,
        servers: [Endpoint] = [],
        stage: Stage = .asked,
        age: Duration,
        waiters: Int
    ) {
        self.id = id
        self.name = name.withoutUserInfo
        self.recordType = recordType
        self.source = source
        self.servers = servers
        self.stage = stage
        self.age = age
        self.waiters = waiters
    }
}

@available(FairDial 0.1, *)
extension LookupInFlight: CustomStringConvertible {
    /// One line: `db.example.org  12.3 s  dns, asked 10.0.0.53:53  3 waiting`.
    public var description: String {
        var how = source.map(\.rawValue) ?? "resolver"
        if stage == .queued { how += ", queued" }
        if !servers.isEmpty { how += ", asked " + servers.map { "\($0)" }.joined(separator: " ") }
        let type = recordType.map { " \($0)" } ?? ""
        let who = isAbandoned ? "abandoned" : "\(waiters) waiting"
        // A name may hold bytes that a terminal would obey.
        return "\(name.printable)\(type)  \(age.readable)  \(how)  \(who)"
    }
}
