// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why `getaddrinfo` gave no addresses: its own `EAI_` code, and `errno` where that is the reason (RFC 3493 §6.1).
///
/// A code that has no name here is kept as it came.
@available(FairDial 0.1, *)
public struct AddressInfoError: Error, Hashable, Sendable {
    /// The platform's `EAI_` value; never 0.
    public let code: Int32

    /// `errno` as the call left it, where the code is `EAI_SYSTEM`; `nil` otherwise.
    public let systemError: Int32?

    /// The error with this `EAI_` code.
    public init(code: Int32) {
        self.init(code: code, systemError: nil)
    }

    private init(code: Int32, systemError: Int32?) {
        self.code = code
        self.systemError = systemError
    }

    /// The operating system refused something underneath: `EAI_SYSTEM`.
    /// - Parameter number: `errno`.
    public static func system(_ number: Int32) -> AddressInfoError {
        AddressInfoError(code: EAI_SYSTEM, systemError: number)
    }

    /// The host or service does not exist, or neither was given: `EAI_NONAME`.
    public static let noName = AddressInfoError(code: EAI_NONAME)

    /// The service does not exist for this socket type: `EAI_SERVICE`.
    public static let service = AddressInfoError(code: EAI_SERVICE)

    /// The address family is not one the call knows: `EAI_FAMILY`.
    public static let family = AddressInfoError(code: EAI_FAMILY)

    /// The host has addresses, but none of the family asked for: `EAI_ADDRFAMILY`.
    public static let addressFamily = AddressInfoError(code: hiddenAddressFamily)

    /// The socket type is unknown, or does not go with the protocol: `EAI_SOCKTYPE`.
    public static let socketType = AddressInfoError(code: EAI_SOCKTYPE)

    /// A flag is unknown, or does not go with the rest of the question: `EAI_BADFLAGS`.
    public static let badFlags = AddressInfoError(code: EAI_BADFLAGS)

    /// The name service cannot answer now: `EAI_AGAIN`.
    public static let again = AddressInfoError(code: EAI_AGAIN)

    /// The name service failed for good: `EAI_FAIL`.
    public static let fail = AddressInfoError(code: EAI_FAIL)

    /// The name exists, without an address: `EAI_NODATA`.
    public static let noData = AddressInfoError(code: hiddenNoData)

    /// No memory for the answer: `EAI_MEMORY`.
    public static let memory = AddressInfoError(code: EAI_MEMORY)

    /// A name is too long for a buffer of the call: `EAI_OVERFLOW`.
    public static let overflow = AddressInfoError(code: EAI_OVERFLOW)

    // RFC 3493 dropped these two; the C libraries still return them, glibc and Musl behind a feature macro that Swift's
    // modules do not set.
    #if canImport(Darwin)
        private static let hiddenAddressFamily = EAI_ADDRFAMILY
        private static let hiddenNoData = EAI_NODATA
    #else
        private static let hiddenAddressFamily: Int32 = -9
        private static let hiddenNoData: Int32 = -5
    #endif
}

@available(FairDial 0.1, *)
extension AddressInfoError: CustomStringConvertible {
    /// One sentence for a person, with the code at its end.
    public var description: String {
        if let systemError { return "the system refused the lookup: \(Self.text(of: systemError)) (EAI_SYSTEM)" }
        return switch self {
        case .noName: "no such host or service (EAI_NONAME)"
        case .service: "no such service for this socket type (EAI_SERVICE)"
        case .family: "an address family that is not supported (EAI_FAMILY)"
        case .addressFamily: "the host has no address of the family asked for (EAI_ADDRFAMILY)"
        case .socketType: "a socket type that is unknown or does not go with the protocol (EAI_SOCKTYPE)"
        case .badFlags: "flags that are unknown or do not go with the question (EAI_BADFLAGS)"
        case .again: "the name service cannot answer now; try again later (EAI_AGAIN)"
        case .fail: "the name service failed, and trying again will not help (EAI_FAIL)"
        case .noData: "the host exists but has no address (EAI_NODATA)"
        case .memory: "no memory left for the answer (EAI_MEMORY)"
        case .overflow: "a name too long to look up (EAI_OVERFLOW)"
        default: "the lookup failed (EAI code \(code))"
        }
    }

    private static func text(of number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress, strerror_r(number, start, buffer.count) == 0 else {
                return "errno \(number)"
            }
            return "\(String(cString: start)), errno \(number)"
        }
    }
}
