// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// resolv.conf as a value (resolv.conf(5)), read as glibc reads it.
public struct ResolverConfiguration: Hashable, Sendable {
    /// The servers, three at most, in order; without any line, the loopback.
    public var servers: [Endpoint] = []

    /// The domains to look relative names up in, in order; without any line, what follows the first dot of the machine's name.
    public var search: [String] = []

    /// A name with so many dots is tried as it stands before the search list. Default 1, 15 at most.
    public var ndots = 1

    /// How long a try may take. Default 5 s, 30 s at most.
    public var timeout: Duration = .seconds(5)

    /// How many rounds over the servers. Default 2, 5 at most.
    public var attempts = 2

    /// Whether queries take turns over the servers.
    public var rotates = false

    /// Whether the second family is asked for only when the first has been answered (`single-request`).
    public var asksOneByOne = false

    /// Whether only streams are used (`use-vc`).
    public var usesStreamsOnly = false

    /// Whether the servers' word that they have verified an answer is trusted (`trust-ad`).
    public var trustsAuthenticData = false

    /// Whether AAAA is not asked for at all (`no-aaaa`).
    public var skipsIPv6 = false

    /// Whether a name without a dot is never asked for as it stands (`no-tld-query`).
    public var skipsTopLevel = false

    /// Whether the file is read once and never again (`no-reload`).
    public var isFixed = false

    /// What the file says and we do not do, each as a clause for a person.
    public private(set) var unsupported: [String] = []

    private static let serverLimit = 3
    private static let port: UInt16 = 53

    /// What glibc does without a file: the loopback's server, no search list.
    public static let standard = ResolverConfiguration([], environment: [:])

    /// Reads a file's bytes.
    ///
    /// - Parameters:
    ///   - environment: `LOCALDOMAIN` replaces the search list, `RES_OPTIONS` adds options, as they do for glibc.
    ///   - hostname: this machine's name, whose domain is the search list where nobody gives one.
    public init(_ bytes: some Collection<UInt8>, environment: [String: String] = [:], hostname: String = "") {
        if let dot = hostname.firstIndex(of: ".") { search = [String(hostname[hostname.index(after: dot)...])] }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // A comment begins a line; behind a keyword it would be a word.
            guard let first = line.first, first != UInt8(ascii: ";"), first != UInt8(ascii: "#") else { continue }
            let words = line.prefix { $0 != 0 }.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
                .map { String(decoding: $0, as: UTF8.self) }
            // glibc looks for the keyword at the line's very start.
            guard first != 0x20, first != 0x09, let keyword = words.first else { continue }
            read(keyword, Array(words.dropFirst()))
        }
        if let domains = environment["LOCALDOMAIN"] {
            search = domains.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
        }
        for option in (environment["RES_OPTIONS"] ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            read(option: String(option))
        }
        if environment["HOSTALIASES"] != nil { unsupported.append("HOSTALIASES is set, which is not read here") }
        if servers.isEmpty { servers = [Endpoint(address: .v4(.loopback), port: Self.port)] }
    }

    private mutating func read(_ keyword: String, _ words: [String]) {
        switch keyword {
        case "nameserver":
            guard servers.count < Self.serverLimit, let word = words.first else { return }
            if let server = Self.server(word) {
                servers.append(server)
            } else {
                unsupported.append("the server \"\(word)\" is no address")
            }
        case "domain":
            if let domain = words.first { search = [domain] }
        case "search":
            search = words
        case "options":
            for word in words { read(option: word) }
        case "sortlist":
            if !words.isEmpty { unsupported.append("sortlist is not read here") }
        default:
            return
        }
    }

    /// An address, with a zone perhaps; as others write it, with a port too: `[2001:db8::53]:5353`, `10.0.0.53:5353`.
    private static func server(_ word: String) -> Endpoint? {
        if let address = try? IPAddress(word) { return Endpoint(address: address, port: port) }
        if let endpoint = try? Endpoint(word) { return endpoint }
        return nil
    }

    private mutating func read(option: String) {
        func number(after prefix: String, in range: ClosedRange<Int>) -> Int? {
            guard option.hasPrefix(prefix) else { return nil }
            // `atoi`: what is no number is 0.
            let digits = option.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
            return min(max(Int(digits) ?? (digits.isEmpty ? 0 : range.upperBound), range.lowerBound), range.upperBound)
        }
        if let dots = number(after: "ndots:", in: 0...15) {
            ndots = dots
        } else if let seconds = number(after: "timeout:", in: 0...30) {
            timeout = .seconds(max(1, seconds))
        } else if let rounds = number(after: "attempts:", in: 0...5) {
            attempts = max(1, rounds)
        } else {
            read(flag: option)
        }
    }

    private mutating func read(flag: String) {
        switch flag {
        case "rotate": rotates = true
        case "single-request": asksOneByOne = true
        // Every query has a port of its own choosing anyway.
        case "single-request-reopen": break
        case "use-vc": usesStreamsOnly = true
        case "trust-ad": trustsAuthenticData = true
        case "no-aaaa": skipsIPv6 = true
        case "no-tld-query": skipsTopLevel = true
        case "no-reload": isFixed = true
        // Asked for always, and done without where a server does not know it.
        case "edns0": break
        // Nothing to us: they are about answers that nobody gives any more, or about messages on the terminal.
        case "debug", "ip6-bytestring", "no-ip6-dotint", "ip6-dotint", "no-check-names": break
        default: unsupported.append("the option \"\(flag)\" is unknown here")
        }
    }
}
