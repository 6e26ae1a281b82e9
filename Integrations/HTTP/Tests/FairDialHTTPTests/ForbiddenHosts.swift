// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Ways to spell hosts that are not of the public internet: each row of the registries, in each form that a resolver or
/// a kernel understands, inside each format that carries an IPv4 address.
enum ForbiddenHosts {
    /// The first, a middle and the last address of each IPv4 row that is not globally reachable, and what attackers ask
    /// for first.
    static let ipv4: [IPv4Address] = {
        let blocks = SpecialPurposeBlock.all.filter { !$0.isGloballyReachable }
        let famous: [UInt32] = [
            0x7F00_0001, 0x7F01_0101, 0xA9FE_A9FE, 0xA9FE_AA02, 0x6464_64C8, 0xC000_00C0, 0x0A00_0001, 0xC0A8_0101,
            0xAC10_0001,
            0x7F7F_7F7F,
        ]
        var found = famous.map { IPv4Address(bits: $0) }
        for block in blocks {
            guard case .v4(let first) = block.network.address else { continue }
            let size = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(32 - block.network.prefixLength))
            for bits in [first.bits, first.bits + size / 2, first.bits &+ (size &- 1)] {
                // A row within the row may be reachable.
                let address = IPv4Address(bits: bits)
                if !IPAddress.v4(address).isGloballyReachable, !found.contains(address) { found.append(address) }
            }
        }
        return found
    }()

    /// The same of the IPv6 rows, and of what is in no row and not given out.
    static let ipv6: [IPv6Address] = {
        var found: [IPv6Address] = []
        for block in SpecialPurposeBlock.all where !block.isGloballyReachable {
            guard case .v6(let first, _) = block.network.address else { continue }
            let length = block.network.prefixLength
            let highest = length >= 64 ? 0 : UInt64.max >> UInt64(length)
            let lowest = length <= 64 ? UInt64.max : length == 128 ? 0 : UInt64.max >> UInt64(length - 64)
            for (high, low) in [(0, 0), (0, 1 & lowest), (highest / 2, lowest / 2), (highest, lowest)] {
                let address = IPv6Address(high: first.high | high, low: first.low | low)
                let block = SpecialPurposeBlock.containing(.v6(address, zone: nil))
                // Half of what carries an IPv4 address carries a public one.
                if !address.embeddedIPv4Addresses().areAllThatIsReached || isForbidden(address),
                    block?.isGloballyReachable != true,
                    !found.contains(address)
                {
                    found.append(address)
                }
            }
        }
        let gaps: [UInt64] = [
            0x0000_0000_0000_0001, 0x0001 << 48, 0x0064_FF9A << 32, 0x0064_FF9B_0000_0001, 0x0064_FF9B_0002_0000,
            0x0100_0000_0000_0002, 0x0101 << 48, 0x0200 << 48, 0x02FF << 48, 0x0400 << 48, 0x0800 << 48, 0x1000 << 48,
            0x1FFF << 48,
            0x4000 << 48, 0x5EFF << 48, 0x5F01 << 48, 0x6000 << 48, 0x8000 << 48, 0xA000 << 48, 0xC000 << 48,
            0xE000 << 48,
            0xF000 << 48, 0xF800 << 48, 0xFBFF << 48, 0xFE00 << 48, 0xFE7F << 48,
        ]
        for high in gaps {
            found.append(IPv6Address(high: high, low: 1))
            found.append(IPv6Address(high: high | 0xFFFF, low: .max))
        }
        return found
    }()

    private static func isForbidden(_ address: IPv6Address) -> Bool {
        address.embeddedIPv4Addresses().contains { !IPAddress.v4($0).isGloballyReachable }
    }

    /// Every format with an IPv4 address inside.
    static func carriers(of address: IPv4Address) -> [IPv6Address] {
        let (bits, global, allowed) = (UInt64(address.bits), UInt64(0x2606_4700_0000_0000), UInt64(0x0808_0808))
        let teredo: UInt64 = 0x2001_0000_0000_0000
        var found = [
            IPv6Address(mapping: address),
            IPv6Address(high: 0, low: 0xFFFF_0000_0000_0000 | bits),
            IPv6Address(high: 0x0064_FF9B_0000_0000, low: bits),
            IPv6Address(high: 0x2002 << 48 | bits << 16, low: 1),
            IPv6Address(high: 0x2002 << 48 | bits << 16 | 0xFFFF, low: .max),
            IPv6Address(high: 0x2002 << 48 | allowed << 16, low: 0x5EFE_0000_0000 | bits),
            // Teredo's client, and its server.
            IPv6Address(high: teredo | allowed, low: 0x8000_63BF_0000_0000 | (bits ^ 0xFFFF_FFFF)),
            IPv6Address(high: teredo | bits, low: 0x8000_63BF_0000_0000 | (allowed ^ 0xFFFF_FFFF)),
            // ISATAP in an ordinary network.
            IPv6Address(high: global, low: 0x0000_5EFE_0000_0000 | bits),
            IPv6Address(high: global, low: 0x0200_5EFE_0000_0000 | bits),
        ]
        // NAT64 for local use, at each place (RFC 6052 §2.2).
        let local: UInt64 = 0x0064_FF9B_0001_0000
        found += [
            IPv6Address(high: local | bits >> 16, low: (bits & 0xFFFF) << 40),
            IPv6Address(high: local | bits >> 24, low: (bits & 0xFF_FFFF) << 32),
            IPv6Address(high: local, low: bits << 24),
            IPv6Address(high: local, low: bits),
        ]
        // `::` and `::1` carry nothing.
        if bits > 1 { found.append(IPv6Address(high: 0, low: bits)) }
        return found
    }

    /// The forms that `inet_aton` reads.
    static func spellings(of address: IPv4Address) -> [String] {
        let bits = address.bits
        let octets = [bits >> 24, bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF]
        func hexadecimal(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }
        func octal(_ number: UInt32) -> String { "0" + String(number, radix: 8) }
        return [
            octets.map { "\($0)" }.joined(separator: "."),
            "\(bits)",
            hexadecimal(bits),
            "0X" + String(bits, radix: 16, uppercase: true),
            "0x00000" + String(bits, radix: 16),
            octal(bits),
            "0000" + octal(bits),
            octets.map(hexadecimal).joined(separator: "."),
            octets.map(octal).joined(separator: "."),
            octets.map { "000" + octal($0) }.joined(separator: "."),
            "\(octets[0]).\(bits & 0xFF_FFFF)",
            "\(hexadecimal(octets[0])).\(octal(bits & 0xFF_FFFF))",
            "\(octets[0]).\(octets[1]).\(bits & 0xFFFF)",
            "\(octal(octets[0])).\(hexadecimal(octets[1])).\(bits & 0xFFFF)",
            "\(hexadecimal(octets[0])).\(octets[1]).\(octal(octets[2])).\(octets[3])",
        ]
    }

    /// The forms that `inet_pton` reads.
    static func spellings(of address: IPv6Address) -> [String] {
        let groups = (0..<8).map { index -> UInt64 in
            (index < 4 ? address.high : address.low) >> UInt64(48 - index % 4 * 16) & 0xFFFF
        }
        let plain = groups.map { String($0, radix: 16) }
        let padded = plain.map { String(repeating: "0", count: 4 - $0.count) + $0 }
        let lowest = IPv4Address(bits: UInt32(truncatingIfNeeded: address.low))
        return [
            "\(address)", plain.joined(separator: ":"), padded.joined(separator: ":").uppercased(),
            padded[..<6].joined(separator: ":") + ":\(lowest)",
        ]
    }

    /// All of it: hosts as a stranger may write them, and what each of them is.
    static let all: [(host: String, address: IPAddress)] = {
        var found: [(host: String, address: IPAddress)] = []
        var known: Set<String> = []
        func add(_ host: String, _ address: IPAddress) {
            if known.insert(host).inserted { found.append((host, address)) }
        }
        for address in ipv4 {
            for host in spellings(of: address) { add(host, .v4(address)) }
            for (index, carrier) in carriers(of: address).enumerated() {
                for host in spellings(of: carrier) { add(host, .v6(carrier, zone: nil)) }
                if index % 3 == 0 { add("\(carrier)%1", .v6(carrier, zone: .index(1))) }
            }
        }
        for address in ipv6 {
            for host in spellings(of: address) { add(host, .v6(address, zone: nil)) }
            add("\(address)%1", .v6(address, zone: .index(1)))
        }
        return found
    }()
}
