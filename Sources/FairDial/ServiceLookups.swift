// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import DNSMessages
import IPAddresses
import NameResolution

/// What the look-ups of one dial have brought where service bindings are wanted: of the host, and of the bindings' targets.
///
/// Pure: answers go in, candidates and the names to look up next come out.
struct ServiceLookups {
    /// So many targets are looked up at most, the best ones first; others have their hints alone.
    private static let mostTargets = 8

    private let host: String
    private let families: AddressFamilies
    private let request: BindingRequest
    private var services: ServiceCandidates
    /// What is still to come, by name.
    private var awaited: [String: AddressFamilies]
    private var awaitsBindings = true
    /// What stands for the name that an alias leads to.
    private var fallback: ServiceBinding?
    /// Whether any binding is known: else there is the host alone.
    private(set) var hasBindings = false

    init(host: String, port: UInt16, families: AddressFamilies, request: BindingRequest) {
        self.host = host
        self.families = families
        self.request = request
        services = ServiceCandidates(owner: host, port: port)
        awaited = [host: families]
    }

    /// Bindings have come, or there are none.
    ///
    /// - Returns: the names whose addresses are to be looked up now.
    mutating func bound(_ answer: ServiceAnswer, using generator: inout some RandomNumberGenerator) -> [String] {
        guard awaitsBindings else { return [] }
        awaitsBindings = false
        var bindings = answer.records.compactMap { ServiceBinding($0, for: request) }
        // Where nothing else is to be had, what an alias leads to is (RFC 9460 §3).
        fallback = answer.alias.map { ServiceBinding(priority: .max, target: "\($0)") }
        if let fallback { bindings.append(fallback) }
        let name = "\(answer.name)".lowercased()
        for index in bindings.indices {
            // The look-up for the host brings the addresses of this name.
            if bindings[index].target.lowercased() == name { bindings[index].target = host }
            bindings[index].hints.removeAll { !families.contains($0.family) }
        }
        hasBindings = !bindings.isEmpty
        services.bound(bindings, using: &generator)
        let targets = services.names.filter { awaited[$0] == nil && $0 != host.lowercased() }.prefix(Self.mostTargets)
        for target in targets { awaited[target] = families }
        return Array(targets)
    }

    /// Addresses of a name have come.
    mutating func found(_ answer: LookupAnswer, for name: String) {
        services.found(answer.addresses, settling: answer.families, for: name)
        awaited[name]?.subtract(answer.families)
    }

    /// Nothing more will come of a name.
    mutating func ended(_ name: String) {
        guard let missing = awaited[name], !missing.isEmpty else { return }
        awaited[name] = []
    }

    /// The host has no bindings of which nothing has been told by now.
    mutating func endedForHost() {
        awaitsBindings = false
        ended(host)
    }

    /// The families about which answers are to come, for any name.
    var awaitedFamilies: AddressFamilies {
        awaited.values.reduce(into: AddressFamilies()) { $0.formUnion($1) }
    }

    /// Whether something is to come that belongs before all that is known: bindings, or where the best of them is.
    var awaitsBetter: Bool {
        awaitsBindings || !services.isBestBindingKnown && !awaitedFamilies.isEmpty
    }

    /// All that is known by now, best first.
    func candidates(sortedBy sort: ([IPAddress]) -> [IPAddress]) -> Candidates {
        services.candidates(sortedBy: sort)
    }

    /// The binding that a destination belongs to; `nil` for an address of the host alone, and of what an alias leads to.
    func binding(of destination: Destination) -> ServiceBinding? {
        services.binding(of: destination).flatMap { $0 == fallback ? nil : $0 }
    }
}
