// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension String {
    /// The text without what stands between a URL's `//` and its last `@`: where a URL was given for a host, that may
    /// be a password, and this text goes into logs. A path may have an `@`, and keeps it.
    package var withoutUserInfo: String {
        guard let at = utf8.lastIndex(of: UInt8(ascii: "@")), let slash = self[..<at].firstIndex(of: "/"),
            self[slash..<at].hasPrefix("//")
        else { return self }
        return self[...slash] + "/…" + self[at...]
    }
}
