// SPDX-License-Identifier: Apache-2.0

package import NameResolution

/// What nsswitch.conf's hosts line and resolv.conf mean for one name: ours to look up, or the system's, and why.
@available(FairDial 0.1, *)
package struct HostsPlan: Hashable, Sendable {
    /// Which resolver looks a name up.
    package enum Choice: Hashable, Sendable {
        /// Our own resolver does all that the configuration asks for.
        case dns
        /// The system's; the reason is a clause for a person.
        case system(String)
        /// No resolver: such names do not exist in DNS; the reason is a clause for a person.
        case nobody(String)
    }

    /// Why no name at all is ours; `nil` where names are.
    package let wholeReason: String?

    /// Why no name at all can be looked up; `nil` where names can.
    private let nobodyReason: String?

    private let multicastReason: String?
    private let hasMyHostname: Bool
    private let hostname: String

    /// - Parameters:
    ///   - services: nsswitch.conf.
    ///   - resolver: resolv.conf; `nil` where it could not be read though it is there.
    ///   - hostname: this machine's name, which `myhostname` answers.
    package init(_ services: NameServiceSwitch, _ resolver: ResolverFile?, hostname: String) {
        self.hostname = hostname
        let names = services.hosts.map(\.name)
        hasMyHostname = names.contains("myhostname")
        multicastReason = names.first { $0.hasPrefix("mdns") }.map { "nsswitch.conf asks \($0) for .local names" }
        wholeReason =
            services.unread.map { "nsswitch.conf cannot be read: \($0)" } ?? Self.reason(services.hosts)
            ?? Self.reason(resolver)
        nobodyReason = services.asksNobody ? "nsswitch.conf's hosts line names no source to ask" : nil
    }

    /// A plan by which every name is the system's.
    package init(systemBecause reason: String) {
        hostname = ""
        hasMyHostname = false
        multicastReason = nil
        nobodyReason = nil
        wholeReason = reason
    }

    private static func reason(_ resolver: ResolverFile?) -> String? {
        guard let resolver else { return "resolv.conf cannot be read" }
        return resolver.unsupported.first.map { "resolv.conf: \($0)" }
    }

    /// The first thing about the hosts line that we cannot do for every name.
    private static func reason(_ services: [NameServiceSwitch.Service]) -> String? {
        var hasDNS = false
        for service in services {
            let isDefault = service.actions.isEmpty
            switch service.name {
            case "files" where !hasDNS && isDefault: continue
            case "files": return "nsswitch.conf does not ask files first, or with actions of its own"
            case "dns" where isDefault: hasDNS = true
            case "dns": return "nsswitch.conf gives dns actions: \(service.actions.joined(separator: " "))"
            // These know names of their own kind alone, which are handed to the system one by one.
            case "myhostname": continue
            case "mdns4_minimal", "mdns6_minimal", "mdns_minimal":
                let known = service.actions.map { $0.lowercased() }
                guard known.isEmpty || known == ["notfound=return"] else {
                    return "nsswitch.conf gives \(service.name) actions: \(service.actions.joined(separator: " "))"
                }
            default: return "nsswitch.conf asks \(service.name), which only the system can"
            }
        }
        return hasDNS ? nil : "nsswitch.conf does not ask dns"
    }

    /// Which resolver looks a name up.
    ///
    /// - Parameter key: the name in lower case.
    package func choice(for key: String) -> Choice {
        if let nobodyReason { return .nobody(nobodyReason) }
        if let wholeReason { return .system(wholeReason) }
        let name = key.hasSuffix(".") ? String(key.dropLast()) : key
        func isWithin(_ domain: String) -> Bool { name == domain || name.hasSuffix("." + domain) }
        if isWithin("local") {
            return .system(multicastReason ?? ".local names belong to multicast DNS (RFC 6762 §3)")
        }
        if let reason = SpecialUseName.reasonNotToAsk(for: key) { return .nobody(reason) }
        if hasMyHostname, name == hostname.lowercased() || ["_gateway", "_outbound"].contains(name) {
            return .system("nsswitch.conf asks myhostname for this name")
        }
        return .dns
    }
}
