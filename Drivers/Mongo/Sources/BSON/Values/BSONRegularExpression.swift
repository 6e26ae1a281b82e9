// SPDX-License-Identifier: Apache-2.0

/// A regular expression, as text: nothing here runs it.
public struct BSONRegularExpression: Sendable, Hashable {
    /// The expression.
    public let pattern: String
    /// Letters such as `i` and `m`, in the alphabet's order, which the specification asks for.
    public let options: String

    /// An expression; its options are sorted.
    /// - Throws: `zeroByteInText`: BSON ends both texts with a zero byte.
    public init(pattern: String, options: String = "") throws(BSONError) {
        guard !pattern.utf8.contains(0), !options.utf8.contains(0) else {
            throw BSONError(.zeroByteInText, "a regular expression")
        }
        self.init(pattern: pattern, unsorted: options)
    }

    /// For texts without a zero byte.
    init(pattern: String, unsorted options: String) {
        self.pattern = pattern
        let letters = options.unicodeScalars
        if zip(letters, letters.dropFirst()).allSatisfy({ $0 <= $1 }) {
            self.options = options
        } else {
            self.options = String(String.UnicodeScalarView(letters.sorted()))
        }
    }
}
