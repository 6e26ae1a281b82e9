// SPDX-License-Identifier: Apache-2.0

/// What a caller wants to reach: a host and a port, or a Unix domain socket.
public struct Target: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case host(String, port: UInt16)
        case path(String)
    }

    let place: Place

    /// A host, numeric or a name, and a port.
    ///
    /// - Parameters:
    ///   - host: `127.0.0.1`, `fe80::1%eth0`, `db.example.org`; without brackets.
    ///   - port: 1 … 65535.
    /// - Throws: `DialError` with the code `invalidTarget`, which says what is wrong with which part.
    public init(host: String, port: Int) throws(DialError) {
        // What was written is put together only where it is needed: every dial comes through here.
        if let fault = Self.fault(inHost: host) {
            throw DialError(.invalidTarget, fault, target: Self.written(host: host, port: "\(port)"))
        }
        guard let number = UInt16(exactly: port), number != 0 else {
            let written = Self.written(host: host, port: "\(port)")
            throw DialError(.invalidTarget, "port \(port) is not within 1 … 65535", target: written)
        }
        place = .host(host, port: number)
    }

    /// A Unix domain socket in the file system.
    ///
    /// - Throws: `DialError` with the code `invalidTarget` for an empty path, one with a NUL, or one over 107 bytes.
    public init(unixDomainSocketPath path: String) throws(DialError) {
        if let fault = Self.fault(inPath: path) {
            throw DialError(.invalidTarget, fault, target: Self.excerpt(path))
        }
        place = .path(path)
    }

    /// Reads `host:port`, `[v6%zone]:port`, `/path/to/socket` or `unix:/path/to/socket`; without a port, `defaultPort`.
    ///
    /// An IPv6 address without brackets is a host without a port.
    /// - Throws: `DialError` with the code `invalidTarget`, which says what is wrong with which part.
    public init(_ text: String, defaultPort: Int? = nil) throws(DialError) {
        let unixScheme = "unix:"
        if text.hasPrefix("/") {
            try self.init(unixDomainSocketPath: text)
            return
        }
        if text.hasPrefix(unixScheme) {
            try self.init(unixDomainSocketPath: String(text.dropFirst(unixScheme.count)))
            return
        }
        let (host, port) = try Self.split(text)
        if let port {
            try self.init(host: host, port: try Self.number(port, in: text))
        } else if let defaultPort {
            try self.init(host: host, port: defaultPort)
        } else {
            throw DialError(.invalidTarget, "the port is missing", target: Self.excerpt(text))
        }
    }

    /// The host as the caller wrote it; `nil` for a Unix domain socket. What TLS calls the server's name.
    public var host: String? {
        guard case .host(let host, _) = place else { return nil }
        return host
    }

    /// The port; `nil` for a Unix domain socket.
    public var port: UInt16? {
        guard case .host(_, let port) = place else { return nil }
        return port
    }
}

extension Target: CustomStringConvertible {
    /// As it was written: `db.example.org:27017`, `[::1]:80`, `/run/db.sock`.
    public var description: String {
        switch place {
        case .host(let host, let port): Self.written(host: host, port: "\(port)")
        case .path(let path): path
        }
    }
}

extension Target {
    /// The longest name DNS can carry, in presentation form with its final dot (RFC 1035 §3.1).
    private static let longestHost = 254

    /// What `sockaddr_un` holds, less the final NUL.
    private static let longestPath = 107

    private static func fault(inHost host: String) -> String? {
        if host.isEmpty { return "the host is empty" }
        if host.utf8.count > longestHost {
            return "the host has \(host.utf8.count) bytes, and a name has \(longestHost) at most"
        }
        // Every dial comes by here, and bytes in a row are looked through faster than a string's.
        let hasNUL = host.utf8.withContiguousStorageIfAvailable { $0.contains(0) } ?? host.utf8.contains(0)
        if hasNUL {
            let count = host.utf8.prefix { $0 != 0 }.count
            return "the host has a NUL at byte \(count)"
        }
        if host.utf8.first == UInt8(ascii: "[") { return "the host has a bracket" }
        return nil
    }

    private static func fault(inPath path: String) -> String? {
        if path.isEmpty { return "the path of the Unix domain socket is empty" }
        if path.utf8.count > longestPath {
            return "the path of the Unix domain socket has \(path.utf8.count) bytes, and \(longestPath) fit"
        }
        if path.utf8.contains(0) { return "the path of the Unix domain socket has a NUL" }
        return nil
    }

    /// Parts a text at the colon before its port, if it has one.
    private static func split(_ text: String) throws(DialError) -> (host: String, port: Substring?) {
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else {
                throw DialError(.invalidTarget, "the bracket is not closed", target: excerpt(text))
            }
            let host = text[text.index(after: text.startIndex)..<bracket]
            let rest = text[text.index(after: bracket)...]
            if rest.isEmpty { return (String(host), nil) }
            guard rest.hasPrefix(":") else {
                throw DialError(.invalidTarget, "after the bracket comes no port", target: excerpt(text))
            }
            return (String(host), rest.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].firstIndex(of: ":") == nil else {
            return (text, nil)
        }
        return (String(text[..<colon]), text[text.index(after: colon)...])
    }

    private static func number(_ port: Substring, in text: String) throws(DialError) -> Int {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !port.isEmpty, port.utf8.count <= 6, port.utf8.allSatisfy(digits.contains), let number = Int(port) else {
            throw DialError(
                .invalidTarget,
                "the port \"\(excerpt(String(port)))\" is not a number within 1 … 65535",
                target: excerpt(text)
            )
        }
        return number
    }

    static func written(host: String, port: String) -> String {
        let host = excerpt(host)
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// A piece short enough for a log line, control characters shown as escapes.
    static func excerpt(_ text: String) -> String {
        let longest = 80
        let piece = text.unicodeScalars.prefix(longest).map { $0.escaped(asASCII: false) }.joined()
        return text.unicodeScalars.prefix(longest + 1).count > longest ? piece + "…" : piece
    }
}
