// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// The hosts file read the obvious way, every line cut into fields: what `HostsFile` must agree with.
struct SlowHostsFile {
    private(set) var addresses: [[UInt8]: [IPAddress]] = [:]

    init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let content = line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }
            let fields = content.split { [0x20, 0x09, 0x0B, 0x0C, 0x0D].contains($0) }
            guard let first = fields.first, let address = Self.address(String(decoding: first, as: UTF8.self)) else {
                continue
            }
            for name in Set(fields.dropFirst().map { $0.map(Self.lowercased) }) {
                addresses[name, default: []].append(address)
            }
        }
    }

    private static func address(_ text: String) -> IPAddress? {
        if let address = try? IPv4Address(text) { return .v4(address) }
        return (try? IPv6Address(text)).map { .v6($0, zone: nil) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
