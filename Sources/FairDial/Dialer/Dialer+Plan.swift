// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import IPAddresses
import NIOCore
import NameResolution

@available(FairDial 0.1, *)
extension DialOptions {
    /// The families to ask for and to dial: those asked for, less what has no local address where there is one. None
    /// where the options contradict each other.
    var wantedFamilies: AddressFamilies {
        guard !localEndpoints.isEmpty else { return families }
        let bound = localEndpoints.reduce(into: AddressFamilies()) {
            $0.formUnion(AddressFamilies($1.address.family))
        }
        // Of two addresses of one family, neither is the one that was meant.
        return localEndpoints.count > (bound == .both ? 2 : 1) ? [] : families.intersection(bound)
    }

    /// The families that are asked for, and have no local address where the other one has.
    var skippedFamilies: AddressFamilies {
        localEndpoints.isEmpty ? [] : families.subtracting(wantedFamilies)
    }

    /// How the sockets of a dial are made.
    func sockets(over transport: Transport) -> SocketSetup {
        var setup = SocketSetup()
        setup.transport = transport
        setup.localEndpoints = localEndpoints
        setup.options = socketOptions
        setup.wantsFastOpen = fastOpen
        setup.wantsMultipath = multipath
        return setup
    }
}

@available(FairDial 0.1, *)
extension Dialer {
    /// Where a dial of this target begins: with what is known at once (rule 1), else with a lookup.
    ///
    /// - Parameter isObserved: whether an observer is told of a dial that ends here.
    /// - Throws: `invalidTarget` for a host that is numeric and cannot be dialed, such as one with an unknown zone;
    ///   `invalidOption` for options that contradict each other.
    func start(
        for target: Target,
        families: AddressFamilies,
        isObserved: Bool = true
    ) throws(DialError) -> DialPlan.Start {
        do throws(DialError) {
            let host: String
            let port: UInt16
            switch target.place {
            case .path(let path): return .known([.local(path: path)], nil)
            case .host(let targetHost, let targetPort): (host, port) = (targetHost, targetPort)
            case .known(let known):
                return .known(Self.destinations(of: known, families), known.source)
            case .service:
                if families.isEmpty { throw Self.noFamily(target) }
                return .lookUp
            }
            if families.isEmpty {
                throw Self.noFamily(target)
            }
            if !setup.configuration.overrides.isEmpty,
                let addresses = setup.configuration.overrides[InternationalName.key(of: host)]
            {
                return Self.known(addresses, port: port, families: families, from: .override)
            }
            switch NumericHost(host, strictness: setup.configuration.strictness, knowing: LocalTables.system.facts) {
            case .address(let address):
                guard families.contains(address.family) else { return .known([], .numeric) }
                return .known([.internet(Endpoint(address: address, port: port))], .numeric)
            case .refused(.interfacesUnavailable):
                // No descriptor to ask for the zone's index with. The attempt asks again, and waits for one as it does
                // for its socket: no address is to blame.
                guard let address = try? IPAddress(host) else {
                    let message = "no descriptor was free to look the zone's interface up"
                    throw DialError(.outOfDescriptors, message, target: "\(target)")
                }
                return Self.known([address], port: port, families: families, from: .numeric)
            case .refused(let refusal):
                throw DialError(.invalidTarget, Target.misreading(of: host) ?? "\(refusal)", target: "\(target)")
            case .name:
                // Bytes in a row are looked through fast, and every dial of a name comes by.
                let colon = UInt8(ascii: ":")
                let hasColon = host.utf8.withContiguousStorageIfAvailable { $0.contains(colon) } ?? true
                if hasColon, let misreading = Target.misreading(of: host) {
                    throw DialError(.invalidTarget, misreading, target: "\(target)")
                }
                return .lookUp
            }
        } catch {
            if isObserved { observation(of: target)?.failed(error) }
            throw error
        }
    }

    /// An observer's view of a dial that begins now.
    func observation(of target: Target) -> DialObservation? {
        // Nothing is made for an observer that is not there, not even looked at.
        guard let observer = setup.configuration.observer else { return nil }
        return DialObservation(of: target, by: observer)
    }

    private static func noFamily(_ target: Target) -> DialError {
        DialError(
            .invalidOption,
            "the options leave no family to dial: ask for one, and give one local address of it, or none of any family",
            target: "\(target)"
        )
    }

    private static func destinations(of known: KnownTarget, _ families: AddressFamilies) -> [Destination] {
        known.endpoints.filter { families.contains($0.address.family) }.map(Destination.internet)
    }

    private static func known(
        _ addresses: [IPAddress],
        port: UInt16,
        families: AddressFamilies,
        from source: LookupSource
    ) -> DialPlan.Start {
        let usable = addresses.filter { families.contains($0.family) }
        return .known(usable.map { .internet(Endpoint(address: $0, port: port)) }, source)
    }

    /// All that a driver needs, the dialer's defaults filled in.
    func plan(
        for target: Target,
        from start: DialPlan.Start,
        goal: DialQuestion.Goal,
        over transport: Transport,
        options: DialOptions,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = {
            $0.eventLoop.makeSucceededVoidFuture()
        },
        onEarlyAnswer: (@Sendable ([IPAddress], DialReport, Duration?) -> Void)? = nil
    ) -> DialPlan {
        let families = options.wantedFamilies
        var lookup: LookupQuestion?
        var fairnessKey = FairnessKey(label: "")
        var race = options.race?.bounded ?? setup.race
        var names: NamesQuestion?
        if case .lookUp = start, let host = target.host {
            // An answer is no race: there is nothing that bindings could change.
            let bindings = goal == .answer ? nil : options.bindings
            var wanted: BindingQuestion?
            if case .service(let name) = target.place {
                names = self.names(ofService: name)
            } else if let bindings, let port = target.port {
                wanted = bindings.question(forPort: port)
                names = self.names(.bindings(bindings))
                // Version 2 knows of no bindings.
                if options.race == nil { race.rules = .version3 }
            }
            lookup = LookupQuestion(name: host, families: families, service: wanted)
            fairnessKey = FairnessKey(label: options.label, for: host)
        }
        let isKnown = if case .known = target.place { true } else { false }
        return DialPlan(
            question: DialQuestion(
                target: target,
                goal: goal,
                lookup: lookup,
                names: names,
                timeouts: options.timeouts(from: setup.timeouts),
                deadline: options.deadline?.bounded,
                race: race,
                policy: setup.configuration.policy,
                origin: setup.configuration.policy == nil ? nil : SocketOrigin(options),
                skipped: start.mayHaveSkipped ? options.skippedFamilies : [],
                awaitsReadiness: options.readiness != nil,
                tellsStart: options.onStart != nil,
                tellsEarlyAnswer: onEarlyAnswer != nil,
                awaitsAdmission: goal != .answer && options.admission != nil,
                order: AddressOrder(
                    routes: setup.configuration.connector,
                    memory: setup.configuration.memory,
                    spread: options.spread ? setup.configuration.random : nil
                ),
                remembersKnown: isKnown
            ),
            start: start,
            setup: setup,
            observation: setup.configuration.observer == nil ? nil : observation(of: target),
            onBinding: names == nil ? nil : options.bindings?.onBinding,
            onWinner: options.onWinner,
            cancellation: options.cancellation,
            fairnessKey: fairnessKey,
            sockets: options.sockets(over: transport),
            readiness: options.readiness,
            holdsReads: options.holdsReads,
            onStart: options.onStart,
            onEarlyAnswer: onEarlyAnswer,
            admission: options.admission,
            initializer: initializer
        )
    }

    private func names(_ kind: NamesQuestion.Kind) -> NamesQuestion {
        NamesQuestion(kind, overrides: setup.configuration.overrides, random: setup.configuration.random)
    }

    private func names(ofService name: String) -> NamesQuestion {
        guard let domain = try? InternationalName.domainName(name) else {
            preconditionFailure("a target's service has been read as a name")
        }
        return names(.service(domain))
    }
}
