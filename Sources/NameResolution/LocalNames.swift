// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Names that never queue (rule 2): `localhost`, `*.localhost`, and what the hosts file has, where it comes first.
///
/// An answer costs a `stat` of two files, and for more than one address a few socket calls that order them. No thread.
public final class LocalNames: Sendable {
    /// This machine's.
    public static let system = LocalNames()

    private let hosts: WatchedFile<HostsFile>
    private let nameServiceSwitch: WatchedFile<NameServiceSwitch>

    /// - Parameters:
    ///   - hostsPath: the hosts file.
    ///   - nameServiceSwitchPath: nsswitch.conf, which says whether the hosts file comes first.
    public init(hostsPath: String = "/etc/hosts", nameServiceSwitchPath: String = "/etc/nsswitch.conf") {
        hosts = WatchedFile(hostsPath, missing: HostsFile([])) { HostsFile($0) }
        nameServiceSwitch = WatchedFile(nameServiceSwitchPath, missing: .standard) { NameServiceSwitch($0) }
    }

    /// Why a file could not be read, for each that could not.
    public var faults: [String] {
        [hosts.look().fault, nameServiceSwitch.look().fault].compactMap { $0 }
    }

    /// The answer to a question about a local name, in the C library's order; `nil` when the resolver must be asked.
    ///
    /// A name that has addresses of one family alone settles the other one as empty, as it does for glibc; a name that has
    /// none of the family asked for is not local. `localhost` always is (RFC 6761 §6.3): where the hosts file is silent it
    /// is the loopback.
    public func answer(_ question: LookupQuestion) -> LookupAnswer? {
        let isLocalhost = Self.isLocalhost(question.key)
        let isFirst = nameServiceSwitch.look().content.isHostsFileFirst
        if isFirst || isLocalhost {
            let file = hosts.look().content
            // A file may have the name as it was written, where that is not what DNS is asked for; and that comes
            // first.
            let found =
                question.otherSpelling.flatMap { file.addresses(of: $0, families: question.families) }
                ?? file.addresses(of: question.key, families: question.families)
            if let found { return Self.answer(found, question) }
        }
        guard isLocalhost else { return nil }
        let loopback: [IPAddress] = [.v6(.loopback, zone: nil), .v4(.loopback)]
        return Self.answer(loopback.filter { question.families.contains($0.family) }, question)
    }

    private static func answer(_ addresses: [IPAddress], _ question: LookupQuestion) -> LookupAnswer {
        LookupAnswer(
            families: question.families,
            addresses: SourceAddresses.sort(addresses),
            isInDestinationOrder: true,
            source: .hosts
        )
    }

    /// `localhost` and everything under it; the final dot of an absolute name does not matter.
    private static func isLocalhost(_ name: String) -> Bool {
        let name = name.hasSuffix(".") ? name.dropLast() : name[...]
        return name == "localhost" || name.hasSuffix(".localhost")
    }
}
