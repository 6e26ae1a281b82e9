// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses

/// What is true in a run: which names there are, and what each of them has.
struct PacketZone {
    enum Content: Hashable {
        case addresses([IPAddress])
        /// It is there, and has no address.
        case empty
        case missing
        /// Another name for the one at this index.
        case alias(Int)
    }

    struct Name {
        let text: String
        /// As it goes over the wire, in lower case.
        let wire: [UInt8]
        let content: Content
    }

    static let typeA: UInt16 = 1
    static let typeAAAA: UInt16 = 28
    static let typeHTTPS: UInt16 = 65

    let names: [Name]

    /// - Parameter texts: the names there may be, in lower case; chance gives each of them something.
    init(_ texts: [String], _ dice: Dice) {
        var names: [Name] = []
        for (index, text) in texts.enumerated() {
            let content: Content
            switch dice.number(0..<100) {
            case 0..<40: content = .addresses(Self.addresses(index, .both, isLong: dice.chance(8)))
            case 40..<55: content = .addresses(Self.addresses(index, .ipv4, isLong: dice.chance(15)))
            case 55..<63: content = .addresses(Self.addresses(index, .ipv6, isLong: false))
            case 63..<72: content = .empty
            case 72..<88: content = .missing
            default:
                let targets = names.indices.filter { if case .alias = names[$0].content { false } else { true } }
                content = targets.isEmpty ? .missing : .alias(dice.pick(targets))
            }
            guard let wire = (try? DomainName(text))?.wire else { preconditionFailure("\(text) is no name") }
            names.append(Name(text: text, wire: wire, content: content))
        }
        self.names = names
    }

    private static func addresses(_ index: Int, _ families: AddressFamilies, isLong: Bool) -> [IPAddress] {
        var addresses: [IPAddress] = []
        // Forty do not fit into 512 bytes.
        let count: UInt32 = isLong ? 40 : UInt32(1 + index % 2)
        if families.contains(.ipv4) {
            addresses += (0..<count).map { .v4(IPv4Address(bits: 0xC633_6400 + UInt32(index) << 8 + $0 + 1)) }
        }
        if families.contains(.ipv6) {
            addresses += (0..<UInt64(min(count, 2))).map {
                .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: UInt64(index) << 8 + $0 + 1), zone: nil)
            }
        }
        return addresses
    }

    /// The index of a name in the zone, in any case; `nil` for one that is not in it.
    func index(of wire: [UInt8]) -> Int? {
        var lower = wire
        lower.withUnsafeMutableBufferPointer { bytes in
            // A label's length is below every letter.
            for place in bytes.indices where bytes[place] &- 0x41 < 26 { bytes[place] |= 0x20 }
        }
        return names.firstIndex { $0.wire == lower }
    }

    /// The name itself, and what it is an alias for.
    func chain(from index: Int) -> [Int] {
        if case .alias(let target) = names[index].content { return [index, target] }
        return [index]
    }

    /// What the name has of a type, its aliases followed.
    func addresses(of index: Int, _ type: UInt16) -> [IPAddress] {
        guard let last = chain(from: index).last, case .addresses(let all) = names[last].content else { return [] }
        switch type {
        case Self.typeA: return all.filter { $0.family == .ipv4 }
        case Self.typeAAAA: return all.filter { $0.family == .ipv6 }
        default: return []
        }
    }

    /// What stands behind the name's first label; empty for a name of one.
    func parent(of index: Int) -> ArraySlice<UInt8> {
        let wire = names[index].wire
        return wire[(1 + Int(wire[0]))...]
    }
}
