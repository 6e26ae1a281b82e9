// SPDX-License-Identifier: Apache-2.0

/// Values of X.690's distinguished encoding, one after the other: a byte for the kind, a length, and that many bytes.
@available(FairDial 0.1, *)
struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Whether everything has been read; what is left where `next` returns `nil` is no value.
    var isAtEnd: Bool { rest.isEmpty }

    /// The next value; `nil` at the end, and where there is none.
    mutating func next() -> (tag: UInt8, content: ArraySlice<UInt8>)? {
        var ahead = rest
        // A kind of more than one byte does not occur in what is read here.
        guard let tag = ahead.popFirst(), tag & 0x1F != 0x1F, let first = ahead.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            // How many bytes the length has; 0 would be the indefinite form, which this encoding (DER) does not allow.
            let count = Int(first & 0x7F)
            guard 1...3 ~= count, ahead.count >= count else { return nil }
            length = ahead.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            ahead = ahead.dropFirst(count)
        }
        guard length <= ahead.count else { return nil }
        rest = ahead.dropFirst(length)
        return (tag, ahead.prefix(length))
    }

    /// The next value's own values, if it is of this kind.
    mutating func constructed(_ tag: UInt8) -> DERReader? {
        guard let value = next(), value.tag == tag else { return nil }
        return DERReader(value.content)
    }
}
