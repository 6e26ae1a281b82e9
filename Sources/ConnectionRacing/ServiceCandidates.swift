// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Turns service bindings and the addresses of their targets into candidates: grouped by priority, hints replaced by records as
/// these come.
///
/// - Source: draft-ietf-happy-happyeyeballs-v3-04 §§4.2.1, 5.2, 7; RFC 9460 §§2.4.1, 3, 7.3.
public struct ServiceCandidates: Sendable {
    private struct Records: Sendable {
        var addresses: [IPAddress] = []
        /// The families whose records have come, empty ones included.
        var settled: AddressFamilies = []
    }

    private let owner: String
    private let port: UInt16
    private var bindings: [ServiceBinding] = []
    private var records: [String: Records] = [:]

    /// Nothing has come yet.
    ///
    /// - Parameters:
    ///   - owner: the name that was asked for.
    ///   - port: the port that was asked for.
    public init(owner: String, port: UInt16) {
        self.owner = owner.lowercased()
        self.port = port
    }

    /// The names whose addresses are needed: the owner's, and every binding's target.
    public var names: [String] {
        bindings.reduce(into: [owner]) { names, binding in
            let target = binding.target.lowercased()
            if !names.contains(target) { names.append(target) }
        }
    }

    /// The service bindings have come. Those of one priority are put into a random order, so that they share the load.
    public mutating func bound(_ bindings: [ServiceBinding], using generator: inout some RandomNumberGenerator) {
        self.bindings = bindings.filter { $0.priority > 0 }.shuffled(using: &generator)
            .enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }.map(\.element)
    }

    /// A name's address records have come; none for a negative answer.
    public mutating func found(_ addresses: [IPAddress], settling families: AddressFamilies, for name: String) {
        var known = records[name.lowercased()] ?? Records()
        known.addresses.removeAll { families.contains($0.family) }
        known.addresses += addresses.filter { families.contains($0.family) }
        known.settled.formUnion(families)
        records[name.lowercased()] = known
    }

    /// All that is known by now, best first.
    ///
    /// - Parameter sort: puts a group's addresses into destination order (RFC 6724 §6).
    public func candidates(sortedBy sort: ([IPAddress]) -> [IPAddress]) -> Candidates {
        var groups = bindings.map { binding in
            let known = records[binding.target.lowercased()] ?? Records()
            let hints = binding.hints.filter { !known.settled.contains($0.family) }
            return destinations(sort(known.addresses + hints), at: binding.port ?? port)
        }
        // Where no binding leads to a connection, one without any is tried (RFC 9460 §3); what a binding speaks for stays with it.
        let hasSpoken = bindings.contains { $0.target.lowercased() == owner && ($0.port ?? port) == port }
        if !hasSpoken { groups.append(destinations(sort(records[owner]?.addresses ?? []), at: port)) }
        return Candidates(groups: groups)
    }

    /// Whether anything is known of where the best binding's target is; true where there is no binding.
    public var isBestBindingKnown: Bool {
        guard let best = bindings.first else { return true }
        return !best.hints.isEmpty || records[best.target.lowercased()]?.addresses.isEmpty == false
    }

    /// The binding that a destination belongs to, the best one of several; `nil` for an address of the owner alone.
    public func binding(of destination: Destination) -> ServiceBinding? {
        guard let endpoint = destination.endpoint else { return nil }
        return bindings.first { binding in
            guard (binding.port ?? port) == endpoint.port else { return false }
            let known = records[binding.target.lowercased()]?.addresses ?? []
            return known.contains(endpoint.address) || binding.hints.contains(endpoint.address)
        }
    }

    private func destinations(_ addresses: [IPAddress], at port: UInt16) -> [Destination] {
        addresses.map { .internet(Endpoint(address: $0, port: port)) }
    }
}
