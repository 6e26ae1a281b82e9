// SPDX-License-Identifier: Apache-2.0

/// A text's bytes in one contiguous piece, without a copy where the text is stored so.
@available(FairDial 0.1, *)
enum UTF8Reading {
    @inline(__always)
    static func read<Value>(
        _ text: some StringProtocol,
        _ parse: (UnsafeBufferPointer<UInt8>) throws(AddressParseError) -> Value
    ) throws(AddressParseError) -> Value {
        let read = text.utf8.withContiguousStorageIfAvailable { bytes in Self.result(of: parse, on: bytes) }
        if let read { return try read.get() }
        // Text from Foundation may be kept as UTF-16.
        return try Array(text.utf8).withUnsafeBufferPointer { bytes in Self.result(of: parse, on: bytes) }.get()
    }

    @inline(__always)
    private static func result<Value>(
        of parse: (UnsafeBufferPointer<UInt8>) throws(AddressParseError) -> Value,
        on bytes: UnsafeBufferPointer<UInt8>
    ) -> Result<Value, AddressParseError> {
        do {
            return .success(try parse(bytes))
        } catch {
            return .failure(error)
        }
    }
}
