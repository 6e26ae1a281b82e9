// SPDX-License-Identifier: Apache-2.0

package import SystemSupport

/// The `hosts` and `services` lines of nsswitch.conf: who is asked for a name of each kind, in which order.
@available(FairDial 0.1, *)
package struct NameServiceSwitch: Hashable, Sendable {
    /// One word of the line, and the actions in brackets after it.
    package struct Service: Hashable, Sendable {
        /// `files`, `dns`, `mdns4_minimal`, …
        package let name: String
        /// `SUCCESS=continue`, `!NOTFOUND=return`, …; written as in the file: glibc compares them without regard to
        /// upper and lower case.
        package var actions: [String]

        /// What follows when the service says this, where the line says so; `nil` where an action cannot be understood.
        ///
        /// - Parameters:
        ///   - status: in lower case: `success`, `unavail`, …
        ///   - usual: what follows without a word about it.
        func reaction(to status: String, usually usual: String) -> String? {
            var reaction = usual
            for action in actions {
                let parts = action.lowercased().split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { return nil }
                let isNegated = parts[0].hasPrefix("!")
                let name = isNegated ? String(parts[0].dropFirst()) : parts[0]
                if isNegated != (name == status) { reaction = parts[1] }
            }
            return reaction
        }
    }

    /// Who is asked for hosts, in order.
    package let hosts: [Service]

    /// Who is asked for services, in order; `nil` without such a line, where each C library has a way of its own.
    package let services: [Service]?

    /// Why the file could not be read though it is there; `nil` where it could.
    package private(set) var unread: String?

    /// The largest file that is read, in bytes. Where the file is larger, the C library is not called either: it puts
    /// what it reads on the stack, and our lookup threads have small ones.
    package static let sizeLimit = 16 * 1024 * 1024

    /// The most services that one line may name; a line of more is for the system.
    private static let serviceLimit = 4_096

    /// The longest name of a service that a library can have, in bytes: no file's name has more than 255, and
    /// `libnss_` and `.so.2` are part of it.
    private static let longestName = 243

    /// Where the C library has it.
    package static let systemPath = "/etc/nsswitch.conf"

    /// This machine's file, watched once for the whole process.
    private static let system = watch(systemPath, FileStamp.now)

    /// The file at a path; of one that is too large, nothing is known but why.
    ///
    /// - Parameter now: the time of day, for tests; with it the file is watched by itself.
    package static func watched(
        at path: String,
        now: (@Sendable () -> Duration)? = nil
    ) -> WatchedFile<NameServiceSwitch> {
        path == systemPath && now == nil ? system : watch(path, now ?? FileStamp.now)
    }

    private static func watch(
        _ path: String,
        _ now: @escaping @Sendable () -> Duration
    ) -> WatchedFile<NameServiceSwitch> {
        let tooLarge = { @Sendable (reason: String) in NameServiceSwitch(unread: reason) }
        return WatchedFile(path, missing: .standard, upTo: sizeLimit, tooLarge: tooLarge, now: now) {
            NameServiceSwitch($0)
        }
    }

    /// What glibc does without a file or a line: `files dns` for hosts.
    package static let standard = NameServiceSwitch(
        hosts: ["files", "dns"].map { Service(name: $0, actions: []) },
        services: nil
    )

    private init(hosts: [Service], services: [Service]?) {
        self.hosts = hosts
        self.services = services
    }

    /// A file of which nothing is known but why.
    private init(unread reason: String) {
        self.init(hosts: [], services: [])
        unread = reason
    }

    /// Reads a file's bytes. Of two lines of one kind the last counts; without a `hosts` line it is that of `standard`.
    package init(_ bytes: some Collection<UInt8>) {
        // Byte by byte, as glibc reads it: in characters, a blank and an accent behind it would be one.
        var lines: [String: [Service]] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let content = Array(line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 })
            // As in glibc, the first word before the colon is the line's kind, and it counts in lower case only.
            guard let colon = content.firstIndex(of: UInt8(ascii: ":")),
                let kind = content[..<colon].split(whereSeparator: Self.isSpace).first
            else { continue }
            lines[String(decoding: kind, as: UTF8.self)] = Self.services(in: content[(colon + 1)...])
        }
        self.init(hosts: lines["hosts"] ?? Self.standard.hosts, services: lines["services"])
        if [hosts, services ?? []].contains(where: { $0.count > Self.serviceLimit }) {
            self.init(unread: "a line names more than \(Self.serviceLimit) services")
        }
    }

    /// Whether a line for hosts is there and names no service. glibc 2.36 crashes on such a line (a segmentation
    /// fault), so no resolver is asked, glibc least of all.
    package var asksNobody: Bool { hosts.isEmpty && unread == nil }

    /// What the services are answered from.
    package enum ServicesSource: Hashable, Sendable {
        /// The services file alone.
        case file
        /// A database first (`/var/db/services.db`), then the services file.
        case databaseThenFile
        /// Anything else, or nothing that we know of.
        case other
    }

    /// What the services are answered from.
    package var servicesSource: ServicesSource {
        guard let services, services.allSatisfy(\.actions.isEmpty) else { return .other }
        return switch services.map(\.name) {
        case ["files"]: .file
        case ["db", "files"]: .databaseThenFile
        default: .other
        }
    }

    /// Whether a name that the hosts file has is final: `files` comes first, and a hit ends the search.
    package var isHostsFileFirst: Bool {
        guard let first = hosts.first, first.name == "files" else { return false }
        // Only what happens on success matters.
        return first.reaction(to: "success", usually: "return") == "return"
    }

    private static func services(in text: ArraySlice<UInt8>) -> [Service] {
        let (open, close) = (UInt8(ascii: "["), UInt8(ascii: "]"))
        var services: [Service] = []
        var rest = text
        // One more than may be is enough to know.
        while services.count <= serviceLimit, let next = rest.firstIndex(where: { !isSpace($0) }) {
            rest = rest[next...]
            if rest.first == open {
                let end = rest.firstIndex(of: close)
                var actions = rest[..<(end ?? rest.endIndex)].dropFirst().split(whereSeparator: isSpace).map {
                    String(decoding: $0, as: UTF8.self)
                }
                // A bracket that is left open is an action that cannot be understood.
                if end == nil { actions.append("[") }
                if !services.isEmpty { services[services.count - 1].actions += actions }
                rest = end.map { rest[($0 + 1)...] } ?? []
            } else {
                let end = rest.firstIndex { isSpace($0) || $0 == open } ?? rest.endIndex
                let name = rest[..<end].prefix(longestName + 1)
                services.append(Service(name: String(decoding: name, as: UTF8.self), actions: []))
                rest = rest[end...]
            }
        }
        return withoutImpossible(services)
    }

    /// The services without those whose names are too long for a library's file. glibc finds no such library, and
    /// treats the service as unavailable: the line ends there if its action for that is `return`. glibc puts the name
    /// on the stack, which is small on our lookup threads.
    private static func withoutImpossible(_ services: [Service]) -> [Service] {
        var possible: [Service] = []
        for service in services {
            if service.name.utf8.count <= longestName {
                possible.append(service)
            } else if service.reaction(to: "unavail", usually: "continue") == "return" {
                break
            }
        }
        return possible
    }

    /// C's `isspace`, less the line's end.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}
