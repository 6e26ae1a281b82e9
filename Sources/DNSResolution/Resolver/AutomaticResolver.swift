// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
import IPAddresses
import NIOConcurrencyHelpers
package import NameResolution
import SystemSupport

/// The default: our own DNS resolver where it does all that this machine's configuration asks for, the system's
/// otherwise, name by name.
///
/// nsswitch.conf and resolv.conf decide, and are read again whenever they change. `decision(for:)` says which of them,
/// and why.
@available(FairDial 0.1, *)
package final class AutomaticResolver: KnowingResolver {
    /// Which resolver looks a name up.
    package struct Decision: Hashable, Sendable {
        /// The kinds of resolver.
        package enum Choice: String, Hashable, Sendable {
            /// Our own.
            case dns
            /// `getaddrinfo`.
            case system
            /// No resolver: there are no such names.
            case nobody
        }

        /// Which of them.
        package let choice: Choice
        /// Why, in one clause for a person.
        package let reason: String
    }

    /// What both files and this machine's name decide, until one of them changes.
    private struct Present: Sendable {
        let services: NameServiceSwitch
        let hostname: String
        /// The DNS resolver's, which changes with resolv.conf.
        let dnsGeneration: UInt64
        let plan: HostsPlan
        let generation: UInt64
    }

    private let dns: DNSResolver
    private let system: any NameResolution.AddressResolver
    private let nameServiceSwitch: WatchedFile<NameServiceSwitch>
    private let latest = NIOLockedValueBox<Present?>(nil)

    /// - Parameters:
    ///   - dns: looks up what is ours; it reads resolv.conf.
    ///   - system: looks up everything else.
    ///   - nameServiceSwitchPath: nsswitch.conf.
    package init(
        dns: DNSResolver,
        system: any NameResolution.AddressResolver,
        nameServiceSwitchPath: String = "/etc/nsswitch.conf"
    ) {
        self.dns = dns
        self.system = system
        nameServiceSwitch = NameServiceSwitch.watched(at: nameServiceSwitchPath)
    }

    /// Which resolver looks a name up, and why.
    package func decision(for name: String) -> Decision {
        switch present.plan.choice(for: LookupQuestion(name: name).key) {
        case .system(let reason): Decision(choice: .system, reason: reason.printable)
        case .nobody(let reason): Decision(choice: .nobody, reason: reason.printable)
        case .dns:
            Decision(
                choice: .dns,
                reason: "FairDial does all that nsswitch.conf and resolv.conf ask for; the servers are "
                    + dns.servers.map { "\($0)" }.joined(separator: ", ")
            )
        }
    }

    private var present: Present {
        let services = nameServiceSwitch.look().content
        let (file, dnsGeneration) = dns.fileAndGeneration
        let hostname = Hostname.current
        return latest.withLockedValue { latest in
            if let latest, latest.dnsGeneration == dnsGeneration, latest.hostname == hostname,
                latest.services == services
            {
                return latest
            }
            let present = Present(
                services: services,
                hostname: hostname,
                dnsGeneration: dnsGeneration,
                plan: Self.plan(services, file, hostname),
                generation: (latest?.generation ?? 0) + 1
            )
            latest = present
            return present
        }
    }

    private static func plan(
        _ services: NameServiceSwitch,
        _ file: ResolverFile,
        _ hostname: String
    ) -> HostsPlan {
        #if os(Linux)
            HostsPlan(services, file, hostname: hostname)
        #else
            HostsPlan(systemBecause: "this system's own resolver does more than resolv.conf says")
        #endif
    }

    /// Starts a lookup, where it belongs.
    package func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        switch present.plan.choice(for: question.key) {
        case .dns: return dns.lookUp(question, for: fairnessKey, receive)
        case .system: return system.lookUp(question, for: fairnessKey, receive)
        case .nobody(let reason):
            receive(.ended(ResolutionError(.nameNotFound, reason)))
            return EndedLookup()
        }
    }

    /// Always our own resolver's: `getaddrinfo` gives no records.
    package func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        dns.lookUpRecords(question, for: fairnessKey, receive)
    }

    /// The system's.
    package var filesResolver: (any NameResolution.AddressResolver)? { system }

    /// What the cache has, of names that are ours now: the configuration may have changed since they were put there.
    /// Else the resolver that looks the name up. The generation is another one whenever nsswitch.conf, resolv.conf,
    /// this machine's name or its network has changed.
    package func standing(on question: LookupQuestion) -> ResolverStanding {
        let present = present
        switch present.plan.choice(for: question.key) {
        case .dns:
            let known = dns.knownAnswer(to: question)
            return ResolverStanding(known: known, generation: present.generation, resolver: known == nil ? dns : nil)
        case .system: return ResolverStanding(known: nil, generation: present.generation, resolver: system)
        case .nobody: return ResolverStanding(known: nil, generation: present.generation)
        }
    }
}
