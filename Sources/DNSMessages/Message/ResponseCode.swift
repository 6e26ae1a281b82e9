// SPDX-License-Identifier: Apache-2.0

/// What a server made of a query: four bits of the header, eight more in an OPT record (RFC 6895 §2.3).
@available(FairDial 0.1, *)
public struct ResponseCode: RawRepresentable, Hashable, Sendable {
    /// The number, 0 … 4095.
    public let rawValue: UInt16

    /// A code by its number.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// All is well: NOERROR.
    @inlinable public static var noError: ResponseCode { ResponseCode(rawValue: 0) }
    /// The server could not read the query: FORMERR.
    @inlinable public static var formatError: ResponseCode { ResponseCode(rawValue: 1) }
    /// The server failed: SERVFAIL.
    @inlinable public static var serverFailure: ResponseCode { ResponseCode(rawValue: 2) }
    /// The name does not exist: NXDOMAIN.
    @inlinable public static var nameError: ResponseCode { ResponseCode(rawValue: 3) }
    /// The server does not implement the operation: NOTIMP.
    @inlinable public static var notImplemented: ResponseCode { ResponseCode(rawValue: 4) }
    /// The server does not want to: REFUSED.
    @inlinable public static var refused: ResponseCode { ResponseCode(rawValue: 5) }
    /// The server does not know this version of EDNS (RFC 6891 §9).
    @inlinable public static var badVersion: ResponseCode { ResponseCode(rawValue: 16) }
    /// The server wants a cookie that it has made itself (RFC 7873 §8).
    @inlinable public static var badCookie: ResponseCode { ResponseCode(rawValue: 23) }

    private static let names: [ResponseCode: String] = [
        .noError: "NOERROR", .formatError: "FORMERR", .serverFailure: "SERVFAIL", .nameError: "NXDOMAIN",
        .notImplemented: "NOTIMP", .refused: "REFUSED", .badVersion: "BADVERS", .badCookie: "BADCOOKIE",
    ]
}

@available(FairDial 0.1, *)
extension ResponseCode: CustomStringConvertible {
    /// The mnemonic that operators know, or `RCODE` and the number.
    public var description: String {
        Self.names[self] ?? "RCODE\(rawValue)"
    }
}
