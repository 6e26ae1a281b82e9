// SPDX-License-Identifier: Apache-2.0

/// Which of the known servers an operation may be sent to.
///
/// - Source: the drivers' specification "Server Selection"; `maxStalenessSeconds` is not looked at.
struct ServerSelection: Sendable {
    /// What the operation does.
    enum Purpose: Sendable, Hashable {
        case write
        case read(ReadRule)
    }

    let purpose: Purpose
    /// How much slower than the fastest a server may be.
    let threshold: Duration
    /// Where the operation has failed: another server is better, and this one better than none.
    var avoided: Set<ServerAddress> = []

    /// The servers that fit, the slow ones left out.
    func candidates(in topology: TopologyMachine) -> [ServerDescription] {
        window(suitable(in: topology))
    }

    /// The servers that fit, however slow.
    func suitable(in topology: TopologyMachine) -> [ServerDescription] {
        let known = topology.servers.values.filter { $0.kind != .unknown }
        let others = avoided.isEmpty ? [] : suitable(among: known.filter { !avoided.contains($0.address) }, topology)
        return others.isEmpty ? suitable(among: known, topology) : others
    }

    private func suitable(among known: [ServerDescription], _ topology: TopologyMachine) -> [ServerDescription] {
        switch topology.kind {
        case .unknown: return []
        case .single, .loadBalanced: return Array(known)
        case .sharded: return known.filter { $0.kind == .mongos }
        case .withPrimary, .withoutPrimary:
            let primary = known.filter { $0.kind == .primary }
            guard case .read(let rule) = purpose else { return primary }
            let secondaries = tagged(known.filter { $0.kind == .secondary }, rule.tags)
            switch rule.preference {
            case .primary: return primary
            case .primaryPreferred: return primary.isEmpty ? secondaries : primary
            case .secondary: return secondaries
            case .secondaryPreferred: return secondaries.isEmpty ? primary : secondaries
            case .nearest: return tagged(primary + known.filter { $0.kind == .secondary }, rule.tags)
            }
        }
    }

    private func tagged(_ servers: [ServerDescription], _ sets: [[String: String]]) -> [ServerDescription] {
        guard !sets.isEmpty else { return servers }
        for set in sets {
            let fitting = servers.filter { server in set.allSatisfy { server.tags[$0.key] == $0.value } }
            if !fitting.isEmpty { return fitting }
        }
        return []
    }

    private func window(_ servers: [ServerDescription]) -> [ServerDescription] {
        guard servers.count > 1, let fastest = servers.map(\.roundTrip).min() else { return servers }
        return servers.filter { $0.roundTrip <= fastest + threshold }
    }
}
