// SPDX-License-Identifier: Apache-2.0

import DNSMessages
public import IPAddresses
import NameResolution

/// What a caller wants to reach: a host and a port, a Unix domain socket, endpoints that are known already, an earlier
/// answer, or a service.
@available(FairDial 0.1, *)
public struct Target: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case host(String, port: UInt16)
        case path(String)
        case known(KnownTarget)
        /// The name as it was written; it can be read as one.
        case service(String)
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
    init(unixDomainSocketPath path: String) throws(DialError) {
        if let fault = Self.fault(inPath: path) {
            throw DialError(.invalidTarget, fault, target: Self.excerpt(path))
        }
        place = .path(path)
    }

    private init(_ place: Place) {
        self.place = place
    }

    /// A Unix domain socket in the file system, as `init(unixDomainSocketPath:)`.
    ///
    /// - Throws: `DialError` with the code `invalidTarget`.
    public static func path(_ path: String) throws(DialError) -> Target {
        try Target(unixDomainSocketPath: path)
    }

    /// Endpoints that are known already, from service discovery for one: they are dialed in this order, as the race has
    /// it, without a lookup. The policy judges them, and what is remembered of them (`OutcomeMemory`) puts those that
    /// failed lately last.
    ///
    /// - Parameters:
    ///   - endpoints: of each family the first 256 that the policy lets through are dialed; none is `noUsableAddress`
    ///     when it is dialed.
    ///   - name: the server's name, for TLS, the policy and messages.
    /// - Throws: `DialError` with the code `invalidTarget` for a port 0.
    public static func endpoints(_ endpoints: [Endpoint], name: String? = nil) throws(DialError) -> Target {
        let known = KnownTarget(endpoints: endpoints, name: name)
        if let wrong = endpoints.first(where: { $0.port == 0 }) {
            throw DialError(.invalidTarget, "\(wrong) has no port", target: known.description)
        }
        return Target(.known(known))
    }

    /// The answer of an earlier lookup, to be dialed now. The policy is asked again; what is remembered of the
    /// addresses puts those that failed lately last.
    public static func answer(_ answer: Answer) -> Target {
        Target(.known(KnownTarget(answer)))
    }

    /// A service, whose servers the domain's SRV records name (RFC 2782): they join one race in the records' order.
    ///
    /// - Parameter name: `_service._protocol.domain`; the search list is not for these.
    /// - Throws: `DialError` with the code `invalidTarget` for what cannot be a name in DNS.
    public static func service(_ name: String) throws(DialError) -> Target {
        do throws(DomainNameError) {
            _ = try InternationalName.domainName(name)
        } catch {
            throw DialError(.invalidTarget, "\(error)", target: excerpt(name))
        }
        return Target(.service(name))
    }

    /// Reads `host:port`, `[v6%zone]:port`, `/path/to/socket` or `unix:/path/to/socket`; without a port, `defaultPort`.
    ///
    /// An IPv6 address without brackets is a host without a port. Text that a stranger has written is read by
    /// `init(hostAndPort:defaultPort:)`, for which there are no paths.
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
        try self.init(reading: text, defaultPort: defaultPort)
    }

    /// Reads `host:port` or `[v6%zone]:port`, and nothing else; without a port, `defaultPort`. For text from strangers:
    /// whatever they write, it is no path of this machine.
    ///
    /// An IPv6 address without brackets is a host without a port. What the host may lead to is for an `AddressPolicy`
    /// to say.
    /// - Throws: `DialError` with the code `invalidTarget`, which says what is wrong with which part; for a host with a
    ///   slash, too, as a path or a URL has it.
    public init(hostAndPort text: String, defaultPort: Int? = nil) throws(DialError) {
        if text.utf8.contains(UInt8(ascii: "/")) {
            let message = "the text has a slash: a path or a URL is no host with a port"
            throw DialError(.invalidTarget, message, target: Self.excerpt(text))
        }
        try self.init(reading: text, defaultPort: defaultPort)
    }

    private init(reading text: String, defaultPort: Int?) throws(DialError) {
        let (host, port) = try Self.split(text)
        if let port {
            try self.init(host: host, port: try Self.number(port, in: text))
        } else if let defaultPort {
            try self.init(host: host, port: defaultPort)
        } else {
            throw DialError(.invalidTarget, Self.fault(inHostAlone: text), target: Self.excerpt(text))
        }
    }

    /// The host as the caller wrote it; of endpoints and of an answer, their name; of a service its name, which is no
    /// server's: the winner's is `DialWinner.serverName`. `nil` for a Unix domain socket.
    public var host: String? {
        switch place {
        case .host(let host, _): host
        case .path: nil
        case .known(let known): known.name
        case .service(let name): name
        }
    }

    /// The port; `nil` where there is none, or each endpoint has its own.
    public var port: UInt16? {
        switch place {
        case .host(_, let port): port
        case .known(let known): known.port
        case .path, .service: nil
        }
    }
}

@available(FairDial 0.1, *)
extension Target {
    /// Whether its host is a name, whose addresses a lookup must find.
    package var isName: Bool {
        if case .host(let host, _) = place { (try? IPAddress(host)) == nil } else { false }
    }

    /// Whether it is an empty list of endpoints.
    var hasNoEndpoint: Bool {
        if case .known(let known) = place { known.endpoints.isEmpty } else { false }
    }
}

@available(FairDial 0.1, *)
extension Target: CustomStringConvertible {
    /// As it was written: `db.example.org:27017`, `[::1]:80`, `/run/db.sock`; what is not printable is shown as an
    /// escape.
    public var description: String {
        switch place {
        case .host(let host, let port): Self.written(host: host, port: "\(port)")
        case .path(let path): path.printable
        case .known(let known): known.description
        case .service(let name): Self.excerpt(name)
        }
    }
}

@available(FairDial 0.1, *)
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
        return host.utf8.first == UInt8(ascii: "[") ? misreading(of: host) : nil
    }

    /// What is wrong with a text that has no port where it needs one.
    private static func fault(inHostAlone text: String) -> String {
        if text.isEmpty { return "the text is empty: write a host and a port, as in db.test:5432" }
        if let misreading = misreading(ofURL: text) { return misreading }
        let isBare = text.utf8.contains(UInt8(ascii: ":")) && text.utf8.first != UInt8(ascii: "[")
        return "the port is missing: write \(excerpt(isBare ? "[\(text)]" : text)):PORT, or give a default port"
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
    static func split(_ text: String) throws(DialError) -> (host: String, port: Substring?) {
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
                misreading(ofURL: text) ?? "the port \"\(excerpt(String(port)))\" is not a number within 1 … 65535",
                target: excerpt(text)
            )
        }
        return number
    }

    static func written(host: String, port: String) -> String {
        let host = excerpt(host)
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// A piece short enough for a log line, what is not printable shown as escapes.
    static func excerpt(_ text: String) -> String {
        let longest = 80
        let piece = text.unicodeScalars.prefix(longest).map { $0.escaped(asASCII: !$0.isPrintable) }.joined()
        return text.unicodeScalars.prefix(longest + 1).count > longest ? piece + "…" : piece
    }
}
