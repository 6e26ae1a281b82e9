// SPDX-License-Identifier: Apache-2.0

/// What is read and written at most. Both bounds hold for a whole document, what is nested in it included.
public struct BSONLimits: Sendable, Hashable {
    /// Levels of documents and arrays, the outermost counted as one. Default 100, the server's own bound for stored
    /// documents. Nothing here recurses; a program that does so for each level may want less.
    public var depth: Int
    /// Bytes of a document. Default 16 MiB, the server's own; its replies may be 16 KiB longer.
    public var size: Int

    /// The defaults, or others. A size beyond 2,147,483,647, which BSON cannot say, counts as that.
    public init(depth: Int = 100, size: Int = 16 * 1024 * 1024) {
        self.depth = depth
        self.size = min(size, Int(Int32.max))
    }

    /// No bound but the format's own: for what this process has written itself.
    static let format = BSONLimits(depth: .max, size: .max)
}
