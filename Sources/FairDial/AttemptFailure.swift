// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why one attempt ended without a connection.
package struct AttemptFailure: Error, Hashable, Sendable {
    package var outcome: AttemptReport.Outcome
    package var errorNumber: Int32?
    package var reason: String?
    /// Whether the system refused an option of the caller's, before anything was sent.
    package var isOfOption = false
    /// What this machine lacked, where it was that.
    var shortage: Dial.Shortage?

    /// A failure that is not the system's.
    package init(_ outcome: AttemptReport.Outcome, reason: String) {
        self.outcome = outcome
        self.reason = reason
    }

    /// What the system said, in `errno`'s numbers.
    ///
    /// - Parameter reason: a better clause than the system's own.
    package init(errorNumber: Int32, reason: String? = nil) {
        self.errorNumber = errorNumber
        self.reason = reason ?? Self.text(of: errorNumber)
        shortage = Self.isShortage(errorNumber) ? .descriptors : nil
        outcome =
            switch errorNumber {
            case ECONNREFUSED, ECONNRESET: .refused
            // EACCES and EPERM are what a "prohibit" route and a local firewall say. ENOPROTOOPT: ICMP's "protocol
            // unreachable".
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EACCES, EPERM, ENOPROTOOPT: .unreachable
            case ETIMEDOUT: .timedOut
            default: .failed
            }
    }

    /// The system's own words for an error number, in lower case: they stand inside a sentence.
    static func text(of errorNumber: Int32) -> String {
        guard let words = strerror(errorNumber) else { return "error \(errorNumber)" }
        return String(cString: words).lowercased()
    }

    /// Whether the error says that this machine has no address, or no port left, to send from.
    static func isOfThisMachine(_ errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EADDRNOTAVAIL, EADDRINUSE, EAGAIN: true
        default: false
        }
    }

    /// Whether the error says that this process or machine has no socket to give, so that no address is to blame.
    static func isShortage(_ errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
