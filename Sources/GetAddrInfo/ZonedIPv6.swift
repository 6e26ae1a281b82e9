// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// A host shaped like IPv6, taken apart; its zone is still text that nobody has judged.
struct ZonedIPv6 {
    let address: IPv6Address

    /// What comes after the first `%`; `nil` without one.
    let zone: Substring?

    /// Reads the address strictly, as `inet_pton` does.
    init(_ text: Substring) throws(AddressParseError) {
        guard let percent = text.utf8.firstIndex(of: UInt8(ascii: "%")) else {
            address = try IPv6Address(text)
            zone = nil
            return
        }
        address = try IPv6Address(text[..<percent])
        zone = text[text.utf8.index(after: percent)...]
    }
}
