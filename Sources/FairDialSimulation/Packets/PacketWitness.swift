// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import IPAddresses
import NameResolution

/// Wraps the DNS resolver of a run, and compares what it tells with what went over the wire.
final class PacketWitness: KnowingResolver, @unchecked Sendable {
    private final class Lookup: LookupHandle, @unchecked Sendable {
        let witness: PacketWitness
        let question: LookupQuestion
        let started: UInt64
        var told: [UInt16: [IPAddress]] = [:]
        var isOver = false
        var inner: (any LookupHandle)?

        init(_ witness: PacketWitness, _ question: LookupQuestion) {
            self.witness = witness
            self.question = question
            started = witness.internet.run.clock.now
        }

        func join(_ fairnessKey: FairnessKey) { inner?.join(fairnessKey) }

        func catchUp(late: Duration) -> Bool { inner?.catchUp(late: late) ?? false }

        func cancel() -> Bool {
            witness.internet.run.story("\(question.name) is cancelled")
            isOver = true
            witness.inFlight.removeAll { $0 === self }
            return inner?.cancel() ?? true
        }
    }

    let resolver: DNSResolver
    private let internet: SimulatedInternet
    private var inFlight: [Lookup] = []

    init(_ resolver: DNSResolver, in internet: SimulatedInternet) {
        self.resolver = resolver
        self.internet = internet
    }

    /// How many lookups have no end yet.
    var count: Int { inFlight.count }

    func standing(on question: LookupQuestion) -> ResolverStanding {
        ResolverStanding(known: nil, generation: resolver.generation)
    }

    func isAsked(_ question: LookupQuestion) -> Bool { inFlight.contains { $0.question == question } }

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        let lookup = Lookup(self, question)
        internet.run.story("\(question.name) is looked up, families \(question.families.rawValue)")
        guard let wire = (try? DomainName(question.name))?.wire, let name = internet.zone.index(of: wire) else {
            internet.run.fault("\(question.name) is looked up, which is no name of this run")
            return lookup
        }
        let zone = internet.zone
        for (place, other) in zone.chain(from: name).enumerated() {
            internet.wire.asked(for: other, spelled: place == 0 ? wire : zone.names[other].wire)
        }
        inFlight.append(lookup)
        internet.work.looksUp()
        lookup.inner = resolver.lookUp(question, for: fairnessKey) { event in
            self.isTold(event, lookup, name, wire)
            receive(event)
        }
        return lookup
    }

    private func isTold(_ event: LookupEvent, _ lookup: Lookup, _ name: Int, _ wire: [UInt8]) {
        internet.run.story("\(lookup.question.name): \(event)")
        // An event that was in flight when the lookup was cancelled.
        if lookup.isOver { return }
        switch event {
        case .started, .bindings, .caughtUp: break
        case .answered(let answer):
            for (family, type) in [(AddressFamily.ipv4, PacketZone.typeA), (.ipv6, PacketZone.typeAAAA)]
            where answer.families.contains(family) {
                if lookup.told[type] != nil { internet.run.fault("\(lookup.question.name): a family is told twice") }
                let addresses = answer.addresses.filter { $0.family == family }
                lookup.told[type] = addresses
                internet.checkBelieved(addresses, type, of: name)
            }
        case .ended(let error):
            lookup.isOver = true
            inFlight.removeAll { $0 === lookup }
            hasEnded(error, lookup, name, wire)
        }
    }

    private func hasEnded(_ error: ResolutionError?, _ lookup: Lookup, _ name: Int, _ wire: [UInt8]) {
        let run = internet.run
        let took = Duration.nanoseconds(Int64(run.clock.now - lookup.started))
        let bound = longest + run.lateness
        if took > bound { run.fault("\(lookup.question.name) took \(took), and may take \(bound)") }
        if error?.kind == .nameNotFound { internet.checkDenied(lookup.question.families, of: name) }
        for (family, type) in [(AddressFamily.ipv4, PacketZone.typeA), (.ipv6, PacketZone.typeAAAA)]
        where lookup.question.families.contains(family) {
            let truth = internet.zone.addresses(of: name, type)
            let told = lookup.told[type]
            if !truth.isEmpty, !truth.allSatisfy({ told?.contains($0) == true }) {
                let isGivenUp = told == nil && error?.kind != .nameNotFound
                internet.checkMissed(type, of: name, spelled: wire, isGivenUp: isGivenUp)
            }
            if error == nil, lookup.told[type] == nil { run.fault("\(lookup.question.name): a family has no end") }
        }
    }

    /// A lookup's time: that of one query for each name of an alias, and for each family where they are asked one by
    /// one.
    private var longest: Duration {
        let file = internet.file
        let query = min(.seconds(30), file.timeout * file.attempts * internet.servers.count)
        // The reader counts in milliseconds, and sleeps at most once for each wait.
        // An adversary may lead to as many names as are followed, and answer each at the last moment.
        let names = internet.hasAdversary ? 17 : 2
        return query * names * (file.asksOneByOne ? 2 : 1) + .milliseconds(50)
    }
}
