// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// A host shaped like IPv6, taken apart; its zone is still text that has not been checked.
@available(FairDial 0.1, *)
struct ZonedIPv6 {
    let address: IPv6Address

    /// What comes after the first `%`; `nil` without one.
    let zone: UnsafeBufferPointer<UInt8>?

    /// Reads the address strictly, as `inet_pton` does.
    init(_ text: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        guard let percent = text.firstIndex(of: UInt8(ascii: "%")) else {
            address = try IPv6Address(utf8: text)
            zone = nil
            return
        }
        address = try IPv6Address(utf8: UnsafeBufferPointer(rebasing: text[..<percent]))
        zone = UnsafeBufferPointer(rebasing: text[(percent + 1)...])
    }
}
