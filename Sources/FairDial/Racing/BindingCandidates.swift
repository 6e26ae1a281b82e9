// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Turns service bindings and the addresses of their targets into candidates: grouped by priority, hints replaced by
/// records as these come.
///
/// - Source: draft-ietf-happy-happyeyeballs-v3-04 §§4.2.1, 5.2, 7; RFC 9460 §§2.4.1, 3, 7.3.
@available(FairDial 0.1, *)
package struct BindingCandidates: Sendable {
    private struct Records: Sendable {
        var addresses: [IPAddress] = []
        /// The families whose records have come, empty ones included.
        var settled: AddressFamilies = []
    }

    /// The most bindings that are kept.
    private static let mostBindings = 16
    /// The most addresses of one binding that are kept.
    package static let mostAddresses = 32

    private let owner: String
    private let port: UInt16
    private var bindings: [ServiceBinding] = []
    private var alias: String?
    private var records: [String: Records] = [:]

    /// Nothing has come yet.
    ///
    /// - Parameters:
    ///   - owner: the name that was asked for.
    ///   - port: the port that was asked for.
    init(owner: String, port: UInt16) {
        self.owner = owner.lowercased()
        self.port = port
    }

    /// The names whose addresses are needed: the owner's, every binding's target, and what an alias leads to.
    var names: [String] {
        (bindings.map(\.target) + (alias.map { [$0] } ?? [])).reduce(into: [owner]) { names, target in
            let target = target.lowercased()
            if !names.contains(target) { names.append(target) }
        }
    }

    /// The service bindings have come. Those of one priority are put into a random order, so that they share the load;
    /// of a great many the best are kept: the zone may be hostile.
    ///
    /// - Parameter alias: the name that records in AliasMode have led to, which is tried where no binding leads to a
    ///   connection (RFC 9460 §3).
    mutating func bound(
        _ bindings: [ServiceBinding],
        alias: String? = nil,
        using generator: inout some RandomNumberGenerator
    ) {
        let shuffled = bindings.filter { $0.priority > 0 }.shuffled(using: &generator)
            .enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }.map(\.element)
        self.bindings = []
        for var binding in shuffled where !self.bindings.contains(binding) {
            if self.bindings.count == Self.mostBindings { break }
            binding.hints = Self.first(of: binding.hints)
            self.bindings.append(binding)
        }
        self.alias = alias
    }

    /// The first addresses of each family, as many as one name may have here: many of one family take no room from the
    /// other.
    static func first(of addresses: [IPAddress]) -> [IPAddress] {
        if addresses.count <= mostAddresses { return addresses }
        var left: [AddressFamily: Int] = [.ipv4: mostAddresses, .ipv6: mostAddresses]
        return addresses.filter { address in
            left[address.family, default: 0] -= 1
            return left[address.family, default: 0] >= 0
        }
    }

    /// A name's address records have come; none for a negative answer.
    mutating func found(_ addresses: [IPAddress], settling families: AddressFamilies, for name: String) {
        var known = records[name.lowercased()] ?? Records()
        known.addresses.removeAll { families.contains($0.family) }
        known.addresses += addresses.filter { families.contains($0.family) }
        known.settled.formUnion(families)
        records[name.lowercased()] = known
    }

    /// All that is known by now, best first.
    ///
    /// - Parameter sort: puts a group's addresses into destination order (RFC 6724 §6).
    func candidates(sortedBy sort: ([IPAddress]) -> [IPAddress]) -> Candidates {
        var groups = bindings.map { destinations(sort(addresses(of: $0)), at: $0.port ?? port) }
        // Where no binding leads to a connection, one without any is tried (RFC 9460 §3). A name that a binding already
        // leads to at this port is not added again.
        for name in (alias.map { [$0.lowercased()] } ?? []) + [owner] {
            let hasSpoken = bindings.contains { $0.target.lowercased() == name && ($0.port ?? port) == port }
            if !hasSpoken { groups.append(destinations(sort(records[name]?.addresses ?? []), at: port)) }
        }
        return Candidates(groups: groups)
    }

    /// The best binding's target, where nothing is known yet of where that is.
    var unknownBestTarget: String? {
        guard let best = bindings.first, addresses(of: best).isEmpty else { return nil }
        return best.target.lowercased()
    }

    /// The binding that a destination belongs to, the best one of several; `nil` for an address of the owner or its
    /// alias alone.
    func binding(of destination: Destination) -> ServiceBinding? {
        guard let endpoint = destination.endpoint else { return nil }
        return bindings.first { binding in
            (binding.port ?? port) == endpoint.port && addresses(of: binding).contains(endpoint.address)
        }
    }

    /// Where a binding's target is, as far as is known: a family's hints stand until its records have come.
    private func addresses(of binding: ServiceBinding) -> [IPAddress] {
        let known = records[binding.target.lowercased()] ?? Records()
        let hints = binding.hints.filter { !known.settled.contains($0.family) }
        return Self.first(of: known.addresses + hints)
    }

    private func destinations(_ addresses: [IPAddress], at port: UInt16) -> [Destination] {
        addresses.map { .internet(Endpoint(address: $0, port: port)) }
    }
}
