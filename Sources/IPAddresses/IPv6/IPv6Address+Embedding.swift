// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPv6Address {
    /// The IPv4 address inside a mapped (RFC 4291 §2.5.5.2), compatible (§2.5.5.1), translated (RFC 2765 §2.1), NAT64
    /// (RFC 6052 §2.2, the well-known prefix), 6to4 (RFC 3056 §2), Teredo (RFC 4380 §4, the client's, its bits flipped)
    /// or ISATAP address (RFC 5214 §6.1); `nil` for others.
    ///
    /// It is nil in `64:ff9b:1::/48` too, where only the network knows at which bit the IPv4 address starts.
    public var embeddedIPv4: IPv4Address? {
        isLocalNAT64 ? nil : embeddedIPv4Addresses().first
    }

    /// Every IPv4 address that this one carries, or may carry: those that `embeddedIPv4` knows, the Teredo server's
    /// beside the client's, one for each offset at which it may be in `64:ff9b:1::/48` (RFC 8215), and one for each
    /// prefix given.
    ///
    /// - Parameter prefixes: NAT64 prefixes of the network that this machine is in (RFC 7050).
    public func embeddedIPv4Addresses(behind prefixes: [NAT64Prefix] = []) -> EmbeddedIPv4Addresses {
        var found = EmbeddedIPv4Addresses()
        for prefix in prefixes {
            if let address = prefix.embeddedIPv4(in: self) { found.append(address, isAllThatIsReached: false) }
        }
        let lowest = UInt32(truncatingIfNeeded: low)
        switch high {
        case 0:
            let isCompatible = low >> 32 == 0 && lowest > 1
            let isTranslated = low >> 32 == 0xFFFF_0000
            if isCompatible || isTranslated || mappedIPv4 != nil {
                found.append(IPv4Address(bits: lowest), isAllThatIsReached: true)
            }
        case 0x0064_FF9B_0000_0000 where low >> 32 == 0:
            found.append(IPv4Address(bits: lowest), isAllThatIsReached: true)
        case _ where high >> 48 == 0x2002:
            found.append(IPv4Address(bits: UInt32(truncatingIfNeeded: high >> 16)), isAllThatIsReached: true)
        case _ where high >> 32 == 0x2001_0000:
            found.append(IPv4Address(bits: ~lowest), isAllThatIsReached: true)
            found.append(IPv4Address(bits: UInt32(truncatingIfNeeded: high)), isAllThatIsReached: true)
            // The bits that ISATAP is known by are flags and a port here.
            return found
        case _ where isLocalNAT64 && found.isEmpty:
            for length in Self.localNAT64Lengths {
                let address = embeddedIPv4(behind: length)
                // At most of the offsets there is nothing.
                if address != .unspecified { found.append(address, isAllThatIsReached: false) }
            }
            if found.isEmpty { found.append(.unspecified, isAllThatIsReached: false) }
        default: break
        }
        // The bit for "unique in the world" may be set or not.
        if low >> 32 & 0xFDFF_FFFF == 0x0000_5EFE { found.append(IPv4Address(bits: lowest), isAllThatIsReached: false) }
        return found
    }

    /// The lengths of NAT64 prefixes that fit into a block of 48 bits.
    private static let localNAT64Lengths = [48, 56, 64, 96]

    /// Whether it is in `64:ff9b:1::/48`.
    private var isLocalNAT64: Bool { high >> 16 == 0x0064_FF9B_0001 }
}
