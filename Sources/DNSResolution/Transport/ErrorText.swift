// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's words for its error numbers.
@available(FairDial 0.1, *)
enum ErrorText {
    static func of(_ number: Int32) -> String {
        String(cString: strerror(number)).lowercased()
    }

    /// Whether the process, or the machine, has no descriptor or no port left: no server is to blame.
    ///
    /// ENOBUFS and ENOMEM may be one family's, or one way's: then another server may be asked.
    static func isShortage(_ number: Int32) -> Bool {
        switch number {
        case EMFILE, ENFILE: return true
        // What Linux says when every port is taken (inet_autobind). EADDRNOTAVAIL means there that no address of ours
        // leads to the server, which another server need not share.
        case EAGAIN: return true
        #if !os(Linux)
            case EADDRNOTAVAIL: return true
        #endif
        default: return false
        }
    }

    /// Whether the machine has no memory left for what was asked for.
    static func isOfMemory(_ number: Int32) -> Bool { number == ENOMEM || number == ENOBUFS }
}
