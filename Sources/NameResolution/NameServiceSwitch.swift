// SPDX-License-Identifier: Apache-2.0

/// The `hosts` and `services` lines of nsswitch.conf: who is asked for a name of each kind, in which order.
public struct NameServiceSwitch: Hashable, Sendable {
    /// One word of the line, and the actions in brackets after it.
    public struct Service: Hashable, Sendable {
        /// `files`, `dns`, `mdns4_minimal`, …
        public let name: String
        /// `SUCCESS=continue`, `!NOTFOUND=return`, …; in upper and lower case as glibc compares them, without regard to it.
        public var actions: [String]
    }

    /// Who is asked for hosts, in order.
    public let hosts: [Service]

    /// Who is asked for services, in order; `nil` without such a line, where each C library has a way of its own.
    public let services: [Service]?

    /// What glibc does without a file or a line: `files dns` for hosts.
    public static let standard = NameServiceSwitch(
        hosts: ["files", "dns"].map { Service(name: $0, actions: []) },
        services: nil
    )

    private init(hosts: [Service], services: [Service]?) {
        self.hosts = hosts
        self.services = services
    }

    /// Reads a file's bytes. Of two lines of one kind the last counts; without a `hosts` line it is that of `standard`.
    public init(_ bytes: some Collection<UInt8>) {
        var lines: [Substring: [Service]] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let content = String(decoding: line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }, as: UTF8.self)
            // glibc looks at the first word before the colon, in lower case alone.
            guard let colon = content.firstIndex(of: ":"),
                let kind = content[..<colon].split(whereSeparator: \.isSpace).first
            else { continue }
            lines[kind] = Self.services(in: content[content.index(after: colon)...])
        }
        self.init(hosts: lines["hosts"] ?? Self.standard.hosts, services: lines["services"])
    }

    /// What the services are answered from.
    public enum ServicesSource: Hashable, Sendable {
        /// The services file alone.
        case file
        /// A database first (`/var/db/services.db`), then the services file.
        case databaseThenFile
        /// Anything else, or nothing that we know of.
        case other
    }

    /// What the services are answered from.
    public var servicesSource: ServicesSource {
        guard let services, services.allSatisfy(\.actions.isEmpty) else { return .other }
        return switch services.map(\.name) {
        case ["files"]: .file
        case ["db", "files"]: .databaseThenFile
        default: .other
        }
    }

    /// Whether a name that the hosts file has is final: `files` comes first, and a hit ends the search.
    public var isHostsFileFirst: Bool {
        guard let first = hosts.first, first.name == "files" else { return false }
        return first.actions.allSatisfy { action in
            // Only what happens on success matters; the default there is to return.
            let parts = action.lowercased().split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return false }
            let isNegated = parts[0].hasPrefix("!")
            let status = isNegated ? String(parts[0].dropFirst()) : parts[0]
            let coversSuccess = isNegated ? status != "success" : status == "success"
            return !coversSuccess || parts[1] == "return"
        }
    }

    private static func services(in text: Substring) -> [Service] {
        var services: [Service] = []
        var rest = text[...]
        while let next = rest.firstIndex(where: { !$0.isSpace }) {
            rest = rest[next...]
            if rest.first == "[" {
                let end = rest.firstIndex(of: "]")
                var actions = rest[..<(end ?? rest.endIndex)].dropFirst().split(whereSeparator: \.isSpace).map(
                    String.init
                )
                // A bracket that is left open is an action that nobody understands.
                if end == nil { actions.append("[") }
                if !services.isEmpty { services[services.count - 1].actions += actions }
                rest = end.map { rest[rest.index(after: $0)...] } ?? ""
            } else {
                let end = rest.firstIndex { $0.isSpace || $0 == "[" } ?? rest.endIndex
                services.append(Service(name: String(rest[..<end]), actions: []))
                rest = rest[end...]
            }
        }
        return services
    }
}

extension Character {
    /// C's `isspace`, less the line's end: a no-break space is a letter like any other.
    fileprivate var isSpace: Bool {
        switch self {
        case " ", "\t", "\u{b}", "\u{c}", "\r": true
        default: false
        }
    }
}
