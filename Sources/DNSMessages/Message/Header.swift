// SPDX-License-Identifier: Apache-2.0

/// The header's first four bytes: an identifier and flags (RFC 1035 §4.1.1, RFC 4035 §3.2). The counts belong to the
/// reader and the writer.
@available(FairDial 0.1, *)
public struct Header: Hashable, Sendable {
    /// Bytes of a header, counts included.
    public static let length = 12

    /// What pairs an answer with its query.
    public var identifier: UInt16

    /// The flags, the operation and the response code as they stand on the wire.
    public var bits: UInt16

    /// A header from its parts.
    public init(identifier: UInt16, bits: UInt16 = 0) {
        self.identifier = identifier
        self.bits = bits
    }

    /// QR: an answer, not a query.
    public var isResponse: Bool {
        get { self[0x8000] }
        set { self[0x8000] = newValue }
    }

    /// The operation; 0 is a standard query.
    public var operation: UInt8 {
        get { UInt8(bits >> 11 & 0xF) }
        set { bits = bits & ~0x7800 | UInt16(newValue & 0xF) << 11 }
    }

    /// AA: the server owns the zone.
    public var isAuthoritative: Bool {
        get { self[0x0400] }
        set { self[0x0400] = newValue }
    }

    /// TC: the answer was longer than what fitted.
    public var isTruncated: Bool {
        get { self[0x0200] }
        set { self[0x0200] = newValue }
    }

    /// RD: the server is to ask others.
    public var wantsRecursion: Bool {
        get { self[0x0100] }
        set { self[0x0100] = newValue }
    }

    /// RA: the server would ask others.
    public var offersRecursion: Bool {
        get { self[0x0080] }
        set { self[0x0080] = newValue }
    }

    /// AD: the server has verified the data; in a query, that the client wants to know that (RFC 6840 §5.7).
    public var isAuthenticData: Bool {
        get { self[0x0020] }
        set { self[0x0020] = newValue }
    }

    /// CD: the client verifies for itself.
    public var disablesChecking: Bool {
        get { self[0x0010] }
        set { self[0x0010] = newValue }
    }

    /// The response code's four bits; an OPT record may have eight more.
    public var responseCode: ResponseCode {
        get { ResponseCode(rawValue: bits & 0xF) }
        set { bits = bits & ~0xF | newValue.rawValue & 0xF }
    }

    private subscript(_ flag: UInt16) -> Bool {
        get { bits & flag != 0 }
        set { bits = newValue ? bits | flag : bits & ~flag }
    }
}
