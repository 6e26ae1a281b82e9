// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why one attempt ended without a connection.
@available(FairDial 0.1, *)
package struct AttemptFailure: Error, Hashable, Sendable {
    /// What kind of failure it is. One byte, and one field: failures are copied by every dial.
    enum Kind: Hashable, Sendable {
        /// As the outcomes of the same names.
        case refused, unreachable, timedOut, failed
        /// The system refused an option of the caller's, before anything was sent.
        case refusedOption
        /// This machine has no thread to watch the socket with.
        case noThread
        /// The peer, a Unix domain socket, has no room for another connection now: that can only be tried again.
        case backlogFull
    }

    var kind: Kind
    package var errorNumber: Int32?
    package var reason: String?

    /// How an attempt ends that fails so.
    package var outcome: AttemptReport.Outcome {
        switch kind {
        case .refused: .refused
        case .unreachable: .unreachable
        case .timedOut: .timedOut
        case .failed, .refusedOption, .noThread, .backlogFull: .failed
        }
    }

    /// What this machine lacked; `nil` where it was not that.
    var shortage: Dial.Shortage? {
        if kind == .noThread { return .threads }
        return errorNumber.map(Self.isShortage) ?? false ? .descriptors : nil
    }

    /// A failure that is not the system's.
    package init(reason: String) {
        kind = .failed
        self.reason = reason
    }

    /// What the system said, in `errno`'s numbers.
    ///
    /// - Parameter reason: a better clause than the system's own.
    package init(errorNumber: Int32, reason: String? = nil) {
        self.errorNumber = errorNumber
        self.reason = reason ?? Self.text(of: errorNumber)
        kind =
            switch errorNumber {
            case ECONNREFUSED, ECONNRESET: .refused
            // EACCES and EPERM are what a "prohibit" route and a local firewall say. ENOPROTOOPT: ICMP's "protocol
            // unreachable".
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EACCES, EPERM, ENOPROTOOPT: .unreachable
            case ETIMEDOUT: .timedOut
            default: .failed
            }
    }

    /// A Unix domain socket without room for another connection.
    static var backlogFull: AttemptFailure {
        var failure = AttemptFailure(errorNumber: EAGAIN, reason: "its backlog is full")
        failure.kind = .backlogFull
        return failure
    }

    /// The system's own words for an error number, in lower case: they stand inside a sentence.
    static func text(of errorNumber: Int32) -> String {
        guard let words = strerror(errorNumber) else { return "error \(errorNumber)" }
        return String(cString: words).lowercased()
    }

    /// Whether the error says that this machine has no address, no port or no memory left to send from.
    static func isOfThisMachine(_ errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EADDRNOTAVAIL, EADDRINUSE, EAGAIN, ENOBUFS, ENOMEM: true
        default: false
        }
    }

    /// Whether the error says that this process or machine has no descriptor to give, so that no address is to blame.
    ///
    /// ENOBUFS and ENOMEM may be one family's, or one way's: then the other family's addresses may be connected to.
    static func isShortage(_ errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EMFILE, ENFILE: true
        default: false
        }
    }
}
