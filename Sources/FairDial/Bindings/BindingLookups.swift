// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// What the lookups of one dial have brought where service bindings are wanted: of the host, and of the bindings'
/// targets.
///
/// Pure: answers go in, candidates and the names to look up next come out. Names are compared in lower case.
@available(FairDial 0.1, *)
struct BindingLookups {
    /// The most targets that are looked up, the best ones first; others have their hints alone.
    private static let mostTargets = 8

    private let host: String
    private let families: AddressFamilies
    private let request: BindingRequest
    private var services: BindingCandidates
    /// What is still to come, by name.
    private var awaited: [String: AddressFamilies]
    private var awaitsBindings = true
    /// Whether bindings, or an alias, lead anywhere: else there is the host alone.
    private(set) var leadsElsewhere = false

    init(host: String, port: UInt16, families: AddressFamilies, request: BindingRequest) {
        self.host = host.lowercased()
        self.families = families
        self.request = request
        services = BindingCandidates(owner: host, port: port)
        awaited = [self.host: families]
    }

    /// Bindings have come, or there are none.
    ///
    /// - Returns: the names whose addresses are to be looked up now.
    mutating func bound(_ answer: BindingAnswer, using generator: inout some RandomNumberGenerator) -> [String] {
        guard awaitsBindings else { return [] }
        awaitsBindings = false
        // The lookup for the host brings the addresses of this name, whatever the search list has made of it.
        let name = "\(answer.name)".lowercased()
        func target(_ text: String) -> String { text.lowercased() == name ? host : text.lowercased() }
        var bindings = answer.records.compactMap { ServiceBinding($0, for: request) }
        for index in bindings.indices {
            bindings[index].target = target(bindings[index].target)
            bindings[index].hints.removeAll { !families.contains($0.family) }
        }
        let alias = answer.alias.map { target("\($0)") }
        services.bound(bindings, alias: alias, using: &generator)
        leadsElsewhere = !bindings.isEmpty || alias != nil
        let targets = services.names.filter { awaited[$0] == nil }.prefix(Self.mostTargets)
        for target in targets { awaited[target] = families }
        return Array(targets)
    }

    /// Addresses of a name have come.
    mutating func found(_ answer: LookupResult, for name: String) {
        services.found(answer.addresses, settling: answer.families, for: name)
        awaited[name.lowercased()]?.subtract(answer.families)
    }

    /// Nothing more will come of a name; of the host, no bindings either.
    mutating func ended(_ name: String) {
        awaited[name.lowercased()] = []
        if name.lowercased() == host { awaitsBindings = false }
    }

    /// The families about which answers are to come, for any name.
    var awaitedFamilies: AddressFamilies {
        awaited.values.reduce(into: AddressFamilies()) { $0.formUnion($1) }
    }

    /// Whether something is to come that belongs before all that is known: bindings, or where the best of them is.
    var awaitsBetter: Bool {
        if awaitsBindings { return true }
        guard let target = services.unknownBestTarget, let families = awaited[target] else { return false }
        return !families.isEmpty
    }

    /// All that is known by now, best first.
    func candidates(sortedBy sort: ([IPAddress]) -> [IPAddress]) -> Candidates {
        services.candidates(sortedBy: sort)
    }

    /// The binding that a destination belongs to; `nil` for an address of the host alone, and of what an alias leads
    /// to.
    func binding(of destination: Destination) -> ServiceBinding? {
        services.binding(of: destination)
    }
}
