// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One attempt to connect: where it went, when it started, when and how it ended.
@available(FairDial 0.1, *)
public struct AttemptReport: Hashable, Sendable {
    /// How an attempt ended.
    @nonexhaustive
    public enum Outcome: String, Hashable, Sendable {
        /// It connected; at most one of a dial's attempts does.
        case connected
        /// The peer's machine said no: nothing listens there.
        case refused
        /// The network or a firewall said that there is no way.
        case unreachable
        /// The kernel gave up, or a timeout ran out while it was in flight.
        case timedOut = "timed-out"
        /// Another attempt won, or the dial was cancelled.
        case abandoned
        /// The caller's policy forbids the address; it was not tried.
        case vetoed
        /// Any other error; `reason` says which.
        case failed
    }

    /// Where it went.
    public let destination: Destination

    /// When it started, since the dial's start.
    public let started: Duration

    /// When it ended, since the dial's start; `nil` while it is in flight.
    public private(set) var ended: Duration?

    /// How it ended; `nil` while it is in flight.
    public private(set) var outcome: Outcome?

    /// The system's error number, where there was one.
    package private(set) var errorNumber: Int32?

    /// One clause about the end, for a person: "connection refused"; `nil` where the outcome says it all.
    public internal(set) var reason: String?

    init(destination: Destination, started: Duration) {
        self.destination = destination
        self.started = started
    }

    /// A report from its parts.
    public init(
        destination: Destination,
        started: Duration,
        ended: Duration?,
        outcome: Outcome?,
        errorNumber: Int32? = nil,
        reason: String? = nil
    ) {
        self.destination = destination
        self.started = started
        self.ended = ended
        self.outcome = outcome
        self.errorNumber = errorNumber
        self.reason = reason
    }

    /// An address that the policy forbids, and why.
    static func vetoed(_ destination: Destination, _ reason: String, at now: Duration) -> AttemptReport {
        var report = AttemptReport(destination: destination, started: now)
        report.end(.vetoed, at: now, reason: reason)
        return report
    }

    /// Whether it failed for want of something that this machine did not give: a port, or an address to send from.
    var isOfThisMachine: Bool { errorNumber.map(AttemptFailure.isOfThisMachine) ?? false }

    /// Whether it failed for what the caller wrote: a path where no socket is or may be used, or a link-local address
    /// without its interface.
    var isOfCaller: Bool {
        guard let errorNumber else { return false }
        switch destination {
        case .local: return [ENOENT, ENOTDIR, ELOOP, EACCES, EPERM, EPROTOTYPE, ENOTSOCK].contains(errorNumber)
        case .internet(let endpoint): return errorNumber == EINVAL && endpoint.address.lacksZone
        }
    }

    /// Whether there is no socket at the path.
    var isMissingPath: Bool { destination.endpoint == nil && errorNumber == ENOENT }

    mutating func end(_ outcome: Outcome, at now: Duration, errorNumber: Int32? = nil, reason: String? = nil) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        self.ended = max(now, started)
        self.errorNumber = errorNumber
        // An attempt that timed out while it waited for room at the peer keeps that reason.
        if reason != nil || outcome != .timedOut { self.reason = reason }
    }
}

@available(FairDial 0.1, *)
extension AttemptReport: CustomStringConvertible {
    /// One line: `192.0.2.1:5432 refused, from 250 ms to 251 ms: connection refused`.
    public var description: String {
        let time =
            switch ended {
            case nil: "since \(started.readable)"
            case started?: "at \(started.readable)"
            case let ended?: "from \(started.readable) to \(ended.readable)"
            }
        let words = "\(destination) \(outcome?.rawValue ?? "in flight"), \(time)"
        return words + (reason.map { ": \($0.printable)" } ?? "")
    }
}
