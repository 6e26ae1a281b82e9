// SPDX-License-Identifier: Apache-2.0

import BSON
public import ConnectionStrings
import FairDial

/// Where a server is: a host in lower case with its port, or the path of a Unix socket.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The name or the address, without brackets; the path of a Unix socket.
    public let host: String
    /// `nil` for a Unix socket.
    public let port: UInt16?

    /// A server by its host, which counts in lower case.
    public init(host: String, port: UInt16 = 27_017) {
        self.host = host.lowercased()
        self.port = port
    }

    /// A host of a connection string.
    public init(_ host: ServerHost) {
        switch host {
        case .name(let name, _), .ipv4(let name, _): self.host = name.lowercased()
        case .ipv6(let address, let zone, _): self.host = address.lowercased() + (zone.map { "%\($0)" } ?? "")
        case .unixSocket(let path): self.host = path
        }
        port = host.port
    }

    private init(path: String) {
        host = path
        port = nil
    }

    /// As servers name themselves and one another: `name`, `name:port`, `[::1]:port`; `nil` for anything else.
    init?(parsing text: String) {
        if text.hasSuffix(".sock") || text.hasPrefix("/") {
            self.init(path: text)
            return
        }
        var name = text[...]
        var port = UInt16(27_017)
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]"),
            text.hasPrefix("[") || text.firstIndex(of: ":") == colon
        {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
            port = number
            name = text[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty else { return nil }
        self.init(host: String(name), port: port)
    }

    /// `host:port`, an IPv6 address in brackets; a path as it is. What is not printable is shown as an escape.
    public var description: String {
        let host = host.printable
        guard let port else { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// What to dial.
    func target() throws(DialError) -> Target {
        guard let port else { return try .path(host) }
        return try Target(host: host, port: Int(port))
    }
}
