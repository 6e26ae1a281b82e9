// SPDX-License-Identifier: Apache-2.0

/// What a record of one type says. A new type is one file that conforms, and one line in `RecordTypes`.
@available(FairDial 0.1, *)
public protocol RecordData: Hashable, Sendable, CustomStringConvertible {
    /// The type, where all of this kind have the same one; `nil` for data that may be of any.
    static var type: RecordType? { get }

    /// The type.
    var type: RecordType { get }

    /// Reads the data; what is left over afterwards is an error, so nothing needs to be checked for that.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    init(reading reader: inout DataReader) throws(MessageError)

    /// Writes the data, without their length.
    func write(to writer: inout MessageWriter)
}

@available(FairDial 0.1, *)
extension RecordData {
    /// The type that all of this kind have.
    public var type: RecordType {
        guard let type = Self.type else { preconditionFailure("\(Self.self) does not say of which type it is") }
        return type
    }

    func isEqual(to other: any RecordData) -> Bool {
        self == other as? Self
    }
}
