// SPDX-License-Identifier: Apache-2.0

/// Bytes, with a number that says what they are. One that was read shares the bytes of its document.
public struct BSONBinary: Sendable {
    /// What the bytes are, by the specification's numbers; 0x80 and above are the user's.
    public struct Subtype: RawRepresentable, Sendable, Hashable {
        /// The number on the wire.
        public let rawValue: UInt8

        /// A subtype by its number.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Anything.
        public static let generic = Subtype(rawValue: 0x00)
        /// A function; unused.
        public static let function = Subtype(rawValue: 0x01)
        /// As `generic`, with the length written twice. Deprecated by the specification; `bytes` are without it.
        public static let binaryOld = Subtype(rawValue: 0x02)
        /// A UUID in an order that only its writer knows.
        public static let uuidOld = Subtype(rawValue: 0x03)
        /// A UUID.
        public static let uuid = Subtype(rawValue: 0x04)
        /// An MD5 digest.
        public static let md5 = Subtype(rawValue: 0x05)
        /// An encrypted value.
        public static let encrypted = Subtype(rawValue: 0x06)
        /// A compressed column of a time series.
        public static let column = Subtype(rawValue: 0x07)
        /// A value that logs must not show.
        public static let sensitive = Subtype(rawValue: 0x08)
        /// A vector of numbers; see `BSONVector`.
        public static let vector = Subtype(rawValue: 0x09)
    }

    /// What the bytes are.
    public let subtype: Subtype
    /// The bytes, shared with the document they were read from: keeping a small binary keeps the whole document.
    public let bytes: ArraySlice<UInt8>

    /// A binary of these bytes.
    public init(_ bytes: some Collection<UInt8>, subtype: Subtype = .generic) {
        self.subtype = subtype
        self.bytes = (bytes as? ArraySlice<UInt8>) ?? ArraySlice(bytes)
    }

    /// A UUID, as `representation` writes it.
    public init(_ uuid: BSONUUID, representation: BSONUUID.Representation = .standard) {
        self.init(uuid.ordered(representation), subtype: representation == .standard ? .uuid : .uuidOld)
    }

    /// The UUID, if the subtype is the one that `representation` has, and there are sixteen bytes; else `nil`.
    public func uuid(_ representation: BSONUUID.Representation = .standard) -> BSONUUID? {
        guard subtype == (representation == .standard ? .uuid : .uuidOld) else { return nil }
        guard let written = BSONUUID(bytes: bytes) else { return nil }
        return BSONUUID(bytes: written.ordered(representation))
    }
}

extension BSONBinary: Hashable, CustomStringConvertible {
    /// Equal if the contents are.
    public static func == (left: BSONBinary, right: BSONBinary) -> Bool {
        left.subtype == right.subtype && left.bytes == right.bytes
    }

    /// Hashes the contents.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(subtype)
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// The length and the subtype, never the bytes: they may be secret.
    public var description: String { "binary of \(bytes.count) bytes, subtype \(subtype.rawValue)" }
}
