// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@available(FairDial 0.1, *)
extension ResolutionError {
    /// What `getaddrinfo` said about a name, in our kinds.
    ///
    /// glibc reports a missing descriptor in several ways, `EAI_AGAIN` and `EAI_NONAME` among them, so after a failure
    /// we ask for a descriptor ourselves: a shortage must not pass for a name that does not exist.
    init(_ error: AddressInfoError, lookingUp name: String) {
        // A URL may have been given for a host, and errors go into logs.
        let shown = name.withoutUserInfo
        if Self.isShortOfDescriptors(error) {
            let words = "no descriptor to look \"\(shown)\" up with"
            self.init(.noDescriptor, "\(words) (\(error.code))", systemCode: error.code)
            return
        }
        let kind: Kind =
            switch error {
            case .noName, .noData, .addressFamily: .nameNotFound
            case .again, .fail: .temporaryFailure
            default: .failed
            }
        let words = kind == .nameNotFound ? "the name \"\(shown)\" does not exist, or has no address" : "\(error)"
        // The C library refuses what is no host's name with the same code, without asking a server.
        let fault = error == .noName ? InternationalName.fault(inHost: name).map { ": \($0)" } : nil
        self.init(kind, "\(words)\(fault ?? "") (\(error.code))", systemCode: error.code)
    }

    private static func isShortOfDescriptors(_ error: AddressInfoError) -> Bool {
        if let number = error.systemError { return number == EMFILE || number == ENFILE }
        #if canImport(Glibc)
            let probe = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        #else
            let probe = socket(AF_INET, SOCK_DGRAM, 0)
        #endif
        guard probe < 0 else {
            close(probe)
            // Another thread may have given one back since the call. A name that does not exist is what was meant; but
            // "try again" from a process that has hardly a descriptor free is this machine's shortage until shown
            // otherwise.
            return error != .noName && error != .noData && probe >= nearlyAllDescriptors
        }
        return errno == EMFILE || errno == ENFILE
    }

    /// Descriptors are given out lowest first: one as high as this says that seven of eight are taken.
    private static var nearlyAllDescriptors: CInt {
        guard let limit = DescriptorTable.limit else { return .max }
        return CInt(clamping: limit - limit / 8)
    }
}
