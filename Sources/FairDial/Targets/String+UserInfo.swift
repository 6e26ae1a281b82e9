// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension String {
    /// The text without what stands before an `@`: where a URL was given for a host, that may be a password, and this
    /// text goes into logs.
    package var withoutUserInfo: String {
        guard let at = utf8.lastIndex(of: UInt8(ascii: "@")) else { return self }
        let before = self[..<at]
        let start = before.range(ofLast: "//") ?? startIndex
        return start == at ? self : self[..<start] + "…" + self[at...]
    }
}

@available(FairDial 0.1, *)
extension Substring {
    /// Where the text behind the last of these begins; `nil` where there is none.
    fileprivate func range(ofLast mark: String) -> Index? {
        var index = endIndex
        while index > startIndex {
            if self[..<index].hasSuffix(mark) { return index }
            index = self.index(before: index)
        }
        return nil
    }
}
