// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// The hosts file as a value: which addresses each name has, in the file's order.
///
/// Read as glibc's `files` service reads it: an address that `inet_pton` takes, white space, names; `#` begins a comment,
/// a NUL ends a line's contents; names are compared without regard to ASCII case, byte for byte otherwise.
public struct HostsFile: Hashable, Sendable {
    /// A line that says nothing, and why.
    public struct Fault: Hashable, Sendable {
        /// The line's number, from 1.
        public let line: Int
        /// One clause for a person.
        public let reason: String
    }

    private var addresses: [[UInt8]: [IPAddress]] = [:]

    /// Lines that were skipped, the first hundred of them.
    public private(set) var faults: [Fault] = []

    private static let faultLimit = 100

    /// Reads a file's bytes; every line that is not as it should be is skipped and listed in `faults`.
    public init(_ bytes: some Collection<UInt8>) {
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let content = line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }
            let fields = content.split(whereSeparator: Self.isSpace)
            guard let first = fields.first else { continue }
            guard let address = Self.address(first) else {
                note("the line begins with no address", at: number)
                continue
            }
            if fields.count == 1 { note("the address has no name", at: number) }
            // A name that stands twice in one line counts once there; in two lines, twice.
            for name in Set(fields.dropFirst().map { $0.map(Self.lowercased) }) {
                addresses[name, default: []].append(address)
            }
        }
    }

    /// The addresses of a name for the families asked for, in the file's order and with its repetitions; `nil` when the
    /// file has none.
    ///
    /// For both families, as they stand. For IPv4 alone, `::1` counts as 127.0.0.1 and a mapped address as what it maps,
    /// as they do for glibc.
    public func addresses(of name: String, families: AddressFamilies) -> [IPAddress]? {
        guard let all = addresses[name.utf8.map(Self.lowercased)] else { return nil }
        let wanted: [IPAddress] =
            switch families {
            case .ipv4: all.compactMap(Self.asIPv4)
            case .ipv6: all.filter { $0.family == .ipv6 }
            default: all
            }
        return wanted.isEmpty ? nil : wanted
    }

    private mutating func note(_ reason: String, at line: Int) {
        if faults.count < Self.faultLimit { faults.append(Fault(line: line, reason: reason)) }
    }

    private static func address(_ field: some Collection<UInt8>) -> IPAddress? {
        // Nothing longer is an address, and a field may be as long as the file.
        let longest = 45
        guard field.count <= longest else { return nil }
        let text = String(decoding: field, as: UTF8.self)
        // No zones here: `inet_pton` takes none.
        if let address = try? IPv4Address(text) { return .v4(address) }
        if let address = try? IPv6Address(text) { return .v6(address, zone: nil) }
        return nil
    }

    private static func asIPv4(_ address: IPAddress) -> IPAddress? {
        switch address {
        case .v4: address
        case .v6(.loopback, _): .v4(.loopback)
        case .v6(let bits, _): bits.mappedIPv4.map(IPAddress.v4)
        }
    }

    /// C's `isspace`, less the line's end.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
