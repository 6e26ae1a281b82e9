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
        outcome =
            switch errorNumber {
            case ECONNREFUSED, ECONNRESET: .refused
            // EACCES and EPERM are what a "prohibit" route and a local firewall say.
            // EADDRNOTAVAIL: this machine has no address, or no port left, to send from. ENOPROTOOPT: ICMP's "protocol
            // unreachable".
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EACCES, EPERM, EADDRNOTAVAIL, ENOPROTOOPT: .unreachable
            case ETIMEDOUT: .timedOut
            default: .failed
            }
    }

    /// The system's own words for an error number, in lower case: they stand inside a sentence.
    static func text(of errorNumber: Int32) -> String {
        guard let words = strerror(errorNumber) else { return "error \(errorNumber)" }
        return String(cString: words).lowercased()
    }

    /// Whether the error says that this process or machine has no socket to give, so that no address is to blame.
    static func isShortage(_ errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
