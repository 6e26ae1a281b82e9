// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// Names that DNS does not have, whatever its servers would say (RFC 6761): asking for one tells a stranger of it.
@available(FairDial 0.1, *)
package enum SpecialUseName {
    /// Why no DNS server is to be asked for a name, as a clause for a person; `nil` where one may be. Every lookup asks
    /// this, so it allocates nothing.
    ///
    /// - Parameter name: as a host's name goes out, in letters of any case, with or without a final dot.
    package static func reasonNotToAsk(for name: String) -> String? {
        // With escapes a name has many spellings, and one form in which it goes out.
        var name = name.utf8.contains(UInt8(ascii: "\\")) ? (try? DomainName(host: name)).map { "\($0)" } ?? name : name
        return name.withUTF8 { bytes in
            let bytes = bytes.last == UInt8(ascii: ".") ? bytes.dropLast() : bytes[...]
            if isWithin("onion", bytes) { return ".onion names are not in DNS (RFC 7686 §2)" }
            if isWithin("invalid", bytes) { return ".invalid names do not exist (RFC 6761 §6.4)" }
            return nil
        }
    }

    /// - Parameter domain: in lower case, letters alone.
    private static func isWithin(_ domain: StaticString, _ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let length = domain.utf8CodeUnitCount
        guard name.count >= length else { return false }
        let start = name.endIndex - length
        for offset in 0..<length where name[start + offset] | 0x20 != domain.utf8Start[offset] { return false }
        return start == name.startIndex || name[start - 1] == UInt8(ascii: ".")
    }
}
