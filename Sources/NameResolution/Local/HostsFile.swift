// SPDX-License-Identifier: Apache-2.0

package import IPAddresses

/// The hosts file as a value: which addresses each name has, in the file's order.
///
/// Read as glibc's `files` service reads it: an address that `inet_pton` takes, white space, names; `#` begins a
/// comment, a NUL ends a line's contents; names are compared without regard to ASCII case, byte for byte otherwise.
///
/// Lists of blocked names have hundreds of thousands of lines, so reading only notes where each name stands; addresses
/// are read when their name is asked for.
@available(FairDial 0.1, *)
package struct HostsFile: Sendable {
    /// A line that says nothing, and why.
    package struct Fault: Hashable, Sendable {
        /// The line's number, from 1.
        package let line: Int
        /// One clause for a person.
        package let reason: String
    }

    /// The file as it is.
    private let bytes: [UInt8]
    private let index: HostsIndex

    private static let faultLimit = 100

    /// Reads a file's bytes; every line that is not as it should be is skipped and listed in `faults`.
    package init(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        self.bytes = bytes
        index = bytes.withUnsafeBufferPointer { HostsIndex($0) }
    }

    /// About how many bytes of memory it takes.
    package var byteCount: Int { bytes.count + index.byteCount }

    /// The addresses of a name for the families asked for, in the file's order and with its repetitions; `nil` when the
    /// file has none.
    ///
    /// For both families, as they stand. For IPv4 alone, `::1` counts as 127.0.0.1 and a mapped address as what it
    /// maps, as they do for glibc.
    package func addresses(of name: String, families: AddressFamilies) -> [IPAddress]? {
        let found = addresses(of: name, families: families, atMost: nil) ?? []
        return found.isEmpty ? nil : found
    }

    /// The same, where it is no work that an event loop would notice.
    ///
    /// - Parameter limit: how many addresses are few; `nil` for any number.
    /// - Returns: `nil` where there are more, or where the whole file would have to be gone through to know.
    package func addresses(of name: String, families: AddressFamilies, atMost limit: Int?) -> [IPAddress]? {
        let all = bytes.withUnsafeBufferPointer { bytes in
            index.addressFields(of: Array(name.utf8), in: bytes, atMost: limit).map { fields in
                fields.compactMap { Self.address(bytes[$0]) }
            }
        }
        return switch families {
        case .ipv4: all?.compactMap(Self.asIPv4)
        case .ipv6: all?.filter { $0.family == .ipv6 }
        default: all
        }
    }

    /// Lines that are skipped, the first hundred of them. Goes through the whole file.
    package var faults: [Fault] {
        var faults: [Fault] = []
        var number = 0
        var rest = bytes[...]
        // Line by line: a list of all of them would be larger than the file.
        while faults.count < Self.faultLimit {
            number += 1
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            if let reason = Self.fault(of: rest[..<(end ?? rest.endIndex)]) {
                faults.append(Fault(line: number, reason: reason))
            }
            guard let end else { break }
            rest = rest[(end + 1)...]
        }
        return faults
    }

    private static func fault(of line: ArraySlice<UInt8>) -> String? {
        let content = line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }
        let fields = content.split(maxSplits: 1, whereSeparator: HostsIndex.isSpace)
        guard let first = fields.first else { return nil }
        if address(first) == nil { return "the line does not begin with an address" }
        let hasName = fields.count > 1 && !fields[1].allSatisfy(HostsIndex.isSpace)
        return hasName ? nil : "the address has no name"
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
}

@available(FairDial 0.1, *)
extension HostsFile: Hashable {
    /// Two files are equal when they have the same bytes.
    package static func == (left: HostsFile, right: HostsFile) -> Bool { left.bytes == right.bytes }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
