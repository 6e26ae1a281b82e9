// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension String {
    /// The text's UTF-8 bytes in one piece, without a copy where the text lies in one.
    @inline(__always)
    func withUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        // A text bridged from Objective-C may lie in pieces.
        var copy = self
        return copy.withUTF8(body)
    }
}

@available(FairDial 0.1, *)
extension String? {
    /// The text's bytes, or `nil` without a text.
    @inline(__always)
    func withOptionalUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>?) -> Result) -> Result {
        guard let text = self else { return body(nil) }
        return text.withUTF8Bytes { body($0) }
    }
}
