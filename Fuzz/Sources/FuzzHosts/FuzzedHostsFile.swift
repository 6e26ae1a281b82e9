// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// A hosts file made of bytes that an attacker has chosen.
struct FuzzedHostsFile {
    let bytes: [UInt8]

    /// What our reader says otherwise than one that goes through the whole file for each name; `nil` for nothing.
    func fault() -> String? {
        let file = HostsFile(bytes)
        if file.faults.count > 100 { return "\(file.faults.count) faults" }
        if HostsFile(bytes + Array("\n# nothing\n".utf8)).faults.count < file.faults.count {
            return "a fault is forgotten"
        }
        let lines = Self.lines(bytes)
        for name in Set(lines.flatMap(\.spellings)).prefix(4) {
            guard let text = String(validating: name, as: UTF8.self) else { continue }
            for spelling in [text, text.uppercased(), text + "."] {
                for families in [AddressFamilies.both, .ipv4, .ipv6] {
                    let ours = file.addresses(of: spelling, families: families)
                    let slow = Self.addresses(of: Array(spelling.utf8), families, in: lines)
                    if ours != slow { return "\(spelling.debugDescription): \(ours ?? []), slowly \(slow ?? [])" }
                }
            }
        }
        return nil
    }

    private struct Line {
        let address: IPAddress?
        /// As they stand there, and in lower case.
        let spellings: [[UInt8]]
        let names: [[UInt8]]
    }

    private static func lines(_ bytes: [UInt8]) -> [Line] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let words = line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }.split { $0 == 0x20 || 0x09...0x0D ~= $0 }
            let names = words.dropFirst().map(Array.init)
            return words.first.map { Line(address: address($0), spellings: names, names: names.map(lowercased)) }
        }
    }

    private static func address(_ word: ArraySlice<UInt8>) -> IPAddress? {
        let text = String(decoding: word, as: UTF8.self)
        if let address = try? IPv4Address(text) { return .v4(address) }
        return (try? IPv6Address(text)).map { .v6($0, zone: nil) }
    }

    private static func lowercased(_ name: [UInt8]) -> [UInt8] {
        name.map { 0x41...0x5A ~= $0 ? $0 + 0x20 : $0 }
    }

    private static func addresses(of name: [UInt8], _ families: AddressFamilies, in lines: [Line]) -> [IPAddress]? {
        let name = lowercased(name)
        let all = lines.filter { $0.names.contains(name) }.compactMap(\.address)
        let wanted = all.compactMap { address -> IPAddress? in
            switch (address, families) {
            case (.v4, .ipv6): nil
            case (.v6(.loopback, _), .ipv4): .v4(.loopback)
            case (.v6(let bits, _), .ipv4): bits.mappedIPv4.map(IPAddress.v4)
            default: address
            }
        }
        return wanted.isEmpty ? nil : wanted
    }
}
