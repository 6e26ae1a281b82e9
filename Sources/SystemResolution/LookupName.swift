// SPDX-License-Identifier: Apache-2.0

/// What a text must be like to be worth a thread (RFC 1035 §2.3.4).
@available(FairDial 0.1, *)
enum LookupName {
    /// - Returns: what is wrong with a name, as a clause for a person; `nil` when it may be looked up.
    static func fault(in name: String) -> String? {
        let bytes = name.utf8.count
        if bytes == 0 { return "the name is empty" }
        if name.utf8.contains(0) { return "the name has a NUL" }
        let longestName = name.utf8.last == UInt8(ascii: ".") ? 254 : 253
        if bytes > longestName { return "the name has \(bytes) bytes, and a name has \(longestName) at most" }
        var label = 0
        for byte in name.utf8 {
            label = byte == UInt8(ascii: ".") ? 0 : label + 1
            if label > 63 { return "a label of the name is longer than 63 bytes" }
        }
        return nil
    }
}
