// SPDX-License-Identifier: Apache-2.0

package import IPAddresses

/// resolv.conf as a value (resolv.conf(5)), read as glibc reads it.
@available(FairDial 0.1, *)
package struct ResolverFile: Hashable, Sendable {
    /// The servers, three at most, in order; without any line, the loopback.
    package var servers: [Endpoint] = []

    /// The domains to look relative names up in, in order; without any line, what follows the first dot of the
    /// machine's name.
    package var search: [String] = []

    /// A name with at least this many dots is tried as it stands before the search list. Default 1, 15 at most.
    package var ndots = 1

    /// How long a try may take. Default 5 s, 30 s at most.
    package var timeout: Duration = .seconds(5)

    /// How many rounds over the servers. Default 2, 5 at most.
    package var attempts = 2

    /// Whether queries take turns over the servers.
    package var rotates = false

    /// Whether the second family is asked for only when the first has been answered (`single-request`).
    package var asksOneByOne = false

    /// Whether each query has a port of its own (`single-request-reopen`).
    package var usesPortPerQuery = false

    /// Whether only streams are used (`use-vc`).
    package var usesStreamsOnly = false

    /// Whether the servers' word that they have verified an answer is trusted (`trust-ad`).
    package var trustsAuthenticData = false

    /// Whether AAAA is not asked for at all (`no-aaaa`).
    package var skipsIPv6 = false

    /// Whether a name without a dot is never asked for as it stands (`no-tld-query`).
    package var skipsTopLevel = false

    /// Whether the file is read once and never again (`no-reload`).
    package var isFixed = false

    /// What the file says and we do not do, each as a clause for a person.
    package private(set) var unsupported: [String] = []

    private static let serverLimit = 3
    private static let clauseLimit = 16
    /// `nameserver`'s.
    private static let longestKeyword = 10
    /// No address with a zone and a port is longer, in bytes.
    private static let longestServer = 128
    private static let port: UInt16 = 53

    /// The largest file that is read, in bytes. A larger one is for the system.
    package static let sizeLimit = 4 * 1024 * 1024

    /// The longest search list that is read: a domain costs many times its size. A longer one is for the system.
    private static let domainLimit = 1 << 17

    /// What counts where the file is there and cannot be read: there is no server, and the reason is said.
    package static func unread(_ reason: String) -> ResolverFile {
        var configuration = ResolverFile([])
        configuration.servers = []
        configuration.search = []
        configuration.unsupported = [reason]
        return configuration
    }

    /// What glibc does without a file: the loopback's server, no search list.
    package static let standard = ResolverFile([], environment: [:])

    /// Reads a file's bytes.
    ///
    /// - Parameters:
    ///   - environment: `LOCALDOMAIN` replaces the search list, `RES_OPTIONS` adds options, as they do for glibc.
    ///   - hostname: this machine's name, whose domain is the search list where neither the file nor the environment
    ///     gives one.
    package init(_ bytes: some Collection<UInt8>, environment: [String: String] = [:], hostname: String = "") {
        if let dot = hostname.firstIndex(of: ".") { search = [String(hostname[hostname.index(after: dot)...])] }
        Self.forEachLine(of: Array(bytes)[...]) { line in
            // glibc looks for the keyword at the line's very start, and for a blank behind it. Only a comment that
            // begins the line is one; further on its words are words.
            guard let end = line.firstIndex(where: Self.isBlank) else { return }
            read(String(decoding: line[..<end].prefix(Self.longestKeyword + 1), as: UTF8.self), line[end...])
        }
        if let domains = environment["LOCALDOMAIN"] {
            search = self.domains(in: Array(domains.utf8)[...]) { Self.isBlank($0) || $0 == UInt8(ascii: "\n") }
        }
        if let options = environment["RES_OPTIONS"] { read(options: options[...]) }
        if environment["HOSTALIASES"] != nil { note(unsupported: "HOSTALIASES is set, and FairDial does not read it") }
        if servers.isEmpty { servers = [Endpoint(address: .v4(.loopback), port: Self.port)] }
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isSpace(_ byte: UInt8) -> Bool { isBlank(byte) || byte == UInt8(ascii: "\r") }

    /// One after the other, without a list of them; a NUL ends a line's contents.
    private static func forEachLine(of bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
        var rest = bytes
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            body(rest[..<end].prefix { $0 != 0 })
            rest = rest[end...].dropFirst()
        }
    }

    private static func firstWord(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let word = text.drop(while: isSpace).prefix { !isSpace($0) }
        return word.isEmpty ? nil : word
    }

    /// Each word once: a domain that stands twice is asked twice, and says the same.
    private mutating func domains(in text: ArraySlice<UInt8>, splitAt isSpace: (UInt8) -> Bool) -> [String] {
        var domains: [String] = []
        var known: Set<String> = []
        var rest = text.drop(while: isSpace)
        while !rest.isEmpty {
            guard domains.count < Self.domainLimit else {
                note(unsupported: "there are more than \(Self.domainLimit) search domains")
                break
            }
            let word = rest.prefix { !isSpace($0) }
            let domain = String(decoding: word, as: UTF8.self)
            if known.insert(domain).inserted { domains.append(domain) }
            rest = rest[word.endIndex...].drop(while: isSpace)
        }
        return domains
    }

    private mutating func note(unsupported clause: String) {
        // A file may have a million such lines; the first one is enough of a reason.
        if unsupported.count < Self.clauseLimit { unsupported.append(clause) }
    }

    private mutating func read(_ keyword: String, _ rest: ArraySlice<UInt8>) {
        // An empty line says nothing: it does not take away what another one has said.
        guard let first = Self.firstWord(rest) else { return }
        switch keyword {
        case "nameserver":
            guard servers.count < Self.serverLimit else { return }
            let isTooLong = first.count > Self.longestServer
            let word = String(
                decoding: first.prefix(Self.longestServer).prefix {
                    $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ";")
                },
                as: UTF8.self
            )
            if !isTooLong || word.utf8.count < Self.longestServer, let server = Self.server(word) {
                servers.append(server)
            } else if !word.isEmpty {
                note(unsupported: "the server \"\(word)\" is not an address")
            }
        case "domain":
            search = [String(decoding: first, as: UTF8.self)]
        case "search":
            search = domains(in: rest, splitAt: Self.isSpace)
        case "options":
            read(options: String(decoding: rest, as: UTF8.self)[...])
        case "sortlist":
            note(unsupported: "FairDial does not read sortlist")
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

    /// Reads options as glibc does: an option is known by how it begins, and a word that is none is passed over, be it
    /// a comment's.
    private mutating func read(options text: Substring) {
        var rest = text.drop(while: Self.isBlank)
        while !rest.isEmpty {
            if let number = Self.number(after: "ndots:", in: rest) {
                // A negative number is a very large one there, where the field has four bits.
                ndots = number < 0 ? 15 : min(number, 15)
            } else if let number = Self.number(after: "timeout:", in: rest) {
                timeout = .seconds(min(max(number, 1), 30))
            } else if let number = Self.number(after: "attempts:", in: rest) {
                attempts = min(max(number, 1), 5)
            } else if let flag = Self.flags.first(where: { rest.hasPrefix($0.name) }) {
                flag.set(&self)
            }
            rest = rest.drop { !Self.isBlank($0) }.drop(while: Self.isBlank)
        }
    }

    /// `atoi`: white space may stand before the number, and what is no number is 0. One that is too large is as large
    /// as can be.
    private static func number(after prefix: String, in text: Substring) -> Int? {
        guard text.hasPrefix(prefix) else { return nil }
        var rest = text.dropFirst(prefix.count).drop { isBlank($0) || $0 == "\r" }
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        let number = digits.isEmpty ? 0 : Int(digits) ?? .max
        return isNegative ? -number : number
    }

    /// The options without a number, in glibc's order: the first that a word begins with is the one. `edns0` is not
    /// among them: EDNS is asked for always, and done without where a server does not know it.
    private static let flags: [(name: String, set: @Sendable (inout ResolverFile) -> Void)] = [
        ("rotate", { $0.rotates = true }),
        ("single-request-reopen", { $0.usesPortPerQuery = true }),
        ("single-request", { $0.asksOneByOne = true }),
        ("no_tld_query", { $0.skipsTopLevel = true }),
        ("no-tld-query", { $0.skipsTopLevel = true }),
        ("no-reload", { $0.isFixed = true }),
        ("use-vc", { $0.usesStreamsOnly = true }),
        ("trust-ad", { $0.trustsAuthenticData = true }),
        ("no-aaaa", { $0.skipsIPv6 = true }),
    ]
}
