// SPDX-License-Identifier: Apache-2.0

/// A host or a service of a batch's line: where it lies, or on its own.
enum BatchText {
    case null
    /// In the line, for as long as that is there.
    case borrowed(UnsafeBufferPointer<UInt8>)
    case owned([UInt8])

    /// The bytes; `nil` for null.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>?) -> Result) -> Result {
        switch self {
        case .null: body(nil)
        case .borrowed(let bytes): body(bytes)
        case .owned(let bytes): bytes.withUnsafeBufferPointer { body($0) }
        }
    }
}
