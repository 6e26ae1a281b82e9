// SPDX-License-Identifier: Apache-2.0

/// Which of the known servers an operation may be sent to.
///
/// - Source: the drivers' specifications "Server Selection" and "Max Staleness".
struct ServerSelection: Sendable {
    /// What the operation does.
    enum Purpose: Sendable, Hashable {
        case write
        case read(ReadRule)
        /// A read whose last stage writes (`$out`, `$merge`): a secondary from MongoDB 5.0 on hands it to the primary.
        case readThatWrites(ReadRule)
    }

    let purpose: Purpose
    /// How much slower than the fastest a server may be.
    let threshold: Duration
    /// How often servers are looked at: what a look does not know yet may be that old.
    var heartbeat: Duration = .zero
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
            guard let rule = rule(in: topology) else { return primary }
            let fresh = fresh(known.filter { $0.kind == .secondary }, primary.first, rule)
            let secondaries = tagged(fresh, rule.tags)
            switch rule.preference {
            case .primary: return primary
            case .primaryPreferred: return primary.isEmpty ? secondaries : primary
            case .secondary: return secondaries
            case .secondaryPreferred: return secondaries.isEmpty ? primary : secondaries
            case .nearest: return tagged(primary + fresh, rule.tags)
            }
        }
    }

    /// The rule that holds; `nil` where only the primary will do.
    func rule(in topology: TopologyMachine) -> ReadRule? {
        switch purpose {
        case .write: return nil
        case .read(let rule): return rule
        case .readThatWrites(let rule):
            let isNew = topology.servers.values.allSatisfy { $0.kind == .unknown || $0.maximumWireVersion >= 13 }
            return isNew ? rule : nil
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

    /// Those secondaries that are not too far behind the primary, or behind the newest one where there is none.
    private func fresh(
        _ secondaries: [ServerDescription],
        _ primary: ServerDescription?,
        _ rule: ReadRule
    ) -> [ServerDescription] {
        guard let limit = rule.maximumStaleness else { return secondaries }
        let newest = secondaries.compactMap(\.lastWrite).max()
        return secondaries.filter { server in
            guard let written = server.lastWrite else { return false }
            if let primary, let last = primary.lastWrite {
                let behind = Self.difference(last, written) + (server.updated - primary.updated)
                return behind + heartbeat <= limit
            }
            return Self.difference(newest ?? written, written) + heartbeat <= limit
        }
    }

    /// Between two dates, which are a server's to choose: each may be at the end of time.
    private static func difference(_ later: Int, _ earlier: Int) -> Duration {
        let (difference, isOver) = later.subtractingReportingOverflow(earlier)
        return .milliseconds(isOver ? (later > earlier ? Int.max : Int.min) : difference)
    }

    private func window(_ servers: [ServerDescription]) -> [ServerDescription] {
        guard servers.count > 1, let fastest = servers.map(\.roundTrip).min() else { return servers }
        return servers.filter { $0.roundTrip <= fastest + threshold }
    }
}
