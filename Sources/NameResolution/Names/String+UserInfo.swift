// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension String {
    /// The text with user name and password replaced by `…`: what stands between a URL's `//` and its last `@`, and in
    /// `user:password@host` what stands before the `@`. A caller may give such a text for a host, and the text goes
    /// into logs. A path may have an `@`, and keeps it.
    package var withoutUserInfo: String {
        guard let at = utf8.lastIndex(of: UInt8(ascii: "@")) else { return self }
        let before = self[..<at]
        if let slash = before.firstIndex(of: "/"), before[slash...].hasPrefix("//") {
            return self[...slash] + "/…" + self[at...]
        }
        guard before.contains(":"), !hasPrefix("/"), !hasPrefix("unix:") else { return self }
        // A host with a colon is written in brackets.
        return (hasPrefix("[") ? "[…" : "…") + self[at...]
    }
}
