// SPDX-License-Identifier: Apache-2.0

/// A host of a connection string. A `port` of `nil` stands for 27017.
public enum ServerHost: Sendable, Hashable {
    /// A name to look up, percent-decoded, otherwise as it was given.
    case name(String, port: UInt16?)
    /// An IPv4 address, four numbers.
    case ipv4(String, port: UInt16?)
    /// An IPv6 address without its brackets, and its zone: `fe80::1` and `eth0` for `[fe80::1%25eth0]`.
    case ipv6(String, zone: String?, port: UInt16?)
    /// The path of a Unix socket.
    case unixSocket(String)

    /// The port, or 27017 if none is given; `nil` for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .name(_, let port), .ipv4(_, let port), .ipv6(_, _, let port): port ?? 27_017
        case .unixSocket: nil
        }
    }

    /// Reads a host with its port.
    init(parsing text: Substring) throws(ConnectionStringError) {
        guard !text.isEmpty else { throw ConnectionStringError(.invalidHost, "an empty host") }
        if text.hasPrefix("[") {
            self = try Self.literal(text)
            return
        }
        if text.utf8.contains(UInt8(ascii: "%")), try PercentEncoding.decode(text, "a host").contains("/") {
            let path = try PercentEncoding.decode(text, "a host")
            guard !path.utf8.contains(0) else { throw ConnectionStringError(.invalidHost, "a zero byte in a path") }
            guard !text.contains(":") else { throw ConnectionStringError(.invalidPort, "a Unix socket has no port") }
            self = .unixSocket(path)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw ConnectionStringError(.invalidHost, "several colons in a host; an IPv6 address needs brackets")
        }
        let name = try PercentEncoding.decode(parts[0], "a host")
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            !name.contains(where: { "@?#[]".contains($0) })
        else { throw ConnectionStringError(.invalidHost, "a host that is no name") }
        let port = parts.count == 2 ? try Self.port(parts[1]) : nil
        self = AddressText.isIPv4(name) ? .ipv4(name, port: port) : .name(name, port: port)
    }

    private static func literal(_ text: Substring) throws(ConnectionStringError) -> ServerHost {
        guard let end = text.firstIndex(of: "]") else {
            throw ConnectionStringError(.invalidHost, "a bracket without its end")
        }
        let rest = text[text.index(after: end)...]
        guard rest.isEmpty || rest.hasPrefix(":") else {
            throw ConnectionStringError(.invalidHost, "something other than a port after an IPv6 address")
        }
        let parts = text[..<end].dropFirst().split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard AddressText.isIPv6(parts[0]) else {
            throw ConnectionStringError(.invalidHost, "no IPv6 address in brackets")
        }
        var zone: String?
        if parts.count == 2 {
            // RFC 6874 writes the percent sign as %25; many write it plainly.
            let escaped = parts[1].hasPrefix("25") ? parts[1].dropFirst(2) : parts[1]
            let name = try PercentEncoding.decode(escaped, "a zone")
            guard !name.isEmpty, !name.utf8.contains(0) else {
                throw ConnectionStringError(.invalidHost, "an empty zone")
            }
            zone = name
        }
        let port = rest.isEmpty ? nil : try Self.port(rest.dropFirst())
        return .ipv6(String(parts[0]), zone: zone, port: port)
    }

    private static func port(_ text: Substring) throws(ConnectionStringError) -> UInt16 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0 else {
            throw ConnectionStringError(.invalidPort, "a port is a number from 1 to 65535")
        }
        return port
    }
}

extension ServerHost: CustomStringConvertible {
    /// As a connection string has it, a Unix socket as its path.
    public var description: String {
        func with(_ host: String, _ port: UInt16?) -> String { port.map { "\(host):\($0)" } ?? host }
        switch self {
        case .name(let name, let port): return with(name, port)
        case .ipv4(let address, let port): return with(address, port)
        case .ipv6(let address, let zone, let port):
            return with("[\(address)\(zone.map { "%25\($0)" } ?? "")]", port)
        case .unixSocket(let path): return path
        }
    }
}
