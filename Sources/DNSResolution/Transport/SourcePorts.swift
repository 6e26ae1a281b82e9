// SPDX-License-Identifier: Apache-2.0

/// The source ports that queries to one server go out from: a few at a time, each for a short while (RFC 5452 §9.2).
///
/// A forger must guess a query's port and its identifier. A port of its own for each query costs nine microseconds of
/// system calls; a random one of a few that are soon replaced is as hard to guess
/// (docs/decisions/0011-ports-for-queries.md).
@available(FairDial 0.1, *)
package struct SourcePorts: Sendable {
    /// Names one socket, and so one port; no two of a client's have the same number, ever.
    package typealias Port = UInt32

    /// What to send from.
    enum Choice: Equatable {
        /// A port that is open.
        case use(Port)
        /// One more, to be opened.
        case open
    }

    private struct Open: Sendable {
        let port: Port
        let openedAt: Duration
        var queriesLeft: Int
    }

    /// A quarter of the identifiers that there are.
    private static let mostQueries = 16_384

    private let configuration: SourcePortConfiguration
    /// The oldest first.
    private var open: [Open] = []

    init(_ configuration: SourcePortConfiguration) {
        self.configuration = configuration
    }

    /// The port for one more query.
    ///
    /// - Parameter random: any number; it chooses among those that are open.
    mutating func choose(at now: Duration, random: UInt64) -> Choice {
        guard open.count >= max(1, configuration.count) else { return .open }
        let index = Int(random % UInt64(open.count))
        return .use(open[index].port)
    }

    /// One of the ports that are in use, where there is any; for when no other one is to be had.
    func share(random: UInt64) -> Port? {
        open.isEmpty ? nil : open[Int(random % UInt64(open.count))].port
    }

    /// A port has been opened.
    mutating func opened(_ port: Port, at now: Duration) {
        // Never so many that a free identifier would take many draws.
        let count = min(max(1, configuration.queries), Self.mostQueries)
        open.append(Open(port: port, openedAt: now, queriesLeft: count))
    }

    /// A query has gone out from a port.
    ///
    /// - Returns: whether that was its last one.
    mutating func used(_ port: Port) -> Bool {
        guard let index = open.firstIndex(where: { $0.port == port }) else { return false }
        open[index].queriesLeft -= 1
        guard open[index].queriesLeft <= 0 else { return false }
        open.remove(at: index)
        return true
    }

    /// A port has failed.
    mutating func remove(_ port: Port) {
        open.removeAll { $0.port == port }
    }

    /// Takes out of use what has been in use for too long.
    mutating func retireOld(at now: Duration) -> [Port] {
        guard let oldest = nextRetirement, now >= oldest else { return [] }
        let young = open.firstIndex { now - $0.openedAt < configuration.lifetime } ?? open.count
        defer { open.removeFirst(young) }
        return open[..<young].map(\.port)
    }

    /// When the oldest port has been in use for long enough.
    var nextRetirement: Duration? {
        open.first.map { $0.openedAt + configuration.lifetime }
    }
}
