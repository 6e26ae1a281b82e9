// SPDX-License-Identifier: Apache-2.0

import BSON

/// Which servers there are, and what each is: takes what hellos say and how commands fail, and says whose pool to
/// clear.
///
/// Pure: no clock, no sockets. Events come in any order; what is older than what is known is passed over.
///
/// ```
/// unknown ─┬─▶ single           a server by itself
///          ├─▶ sharded          routers alone
///          └─▶ without primary ◀──▶ with primary     a replica set
/// ```
/// - Source: the drivers' specification "Server Discovery and Monitoring".
struct TopologyMachine: Sendable {
    /// What the servers are together, in the words of the specification.
    enum Kind: String, Sendable {
        case unknown = "Unknown"
        case single = "Single"
        case sharded = "Sharded"
        case withoutPrimary = "ReplicaSetNoPrimary"
        case withPrimary = "ReplicaSetWithPrimary"
        case loadBalanced = "LoadBalanced"

        /// For a person; empty where the servers themselves say it.
        var words: String {
            switch self {
            case .unknown, .single, .loadBalanced: ""
            case .sharded: "a sharded cluster"
            case .withoutPrimary: "a replica set without a primary"
            case .withPrimary: "a replica set with a primary"
            }
        }
    }

    /// What a driver has to do.
    enum Action: Sendable, Hashable {
        /// A server has been found: it gets a monitor and a pool.
        case watch(ServerAddress)
        /// A server does not belong to us: its monitor and its pool end.
        case forget(ServerAddress)
        /// Connections made before are of no use; those in use are closed at once where the server is silent, for
        /// nobody would learn of it otherwise.
        case clearPool(ServerAddress, interruptsUse: Bool)
        /// The server has said that it can be used.
        case readyPool(ServerAddress)
        /// An operation wants to know now.
        case check(ServerAddress)
    }

    private(set) var kind: Kind
    private(set) var servers: [ServerAddress: ServerDescription]
    private(set) var setName: String?
    private(set) var maximumSetVersion: Int?
    private(set) var maximumElectionID: ObjectID?
    /// How often each server's pool was cleared: what is said of older connections counts no more.
    private(set) var generations: [ServerAddress: Int] = [:]
    private let isAlone: Bool

    init(
        seeds: [ServerAddress],
        setName: String? = nil,
        direct: Bool = false,
        loadBalanced: Bool = false
    ) {
        self.setName = setName
        isAlone = seeds.count == 1
        kind = loadBalanced ? .loadBalanced : direct ? .single : setName == nil ? .unknown : .withoutPrimary
        servers = Dictionary(seeds.map { ($0, ServerDescription($0)) }) { first, _ in first }
        if loadBalanced { for address in servers.keys { servers[address]?.kind = .loadBalancer } }
    }

    /// A machine that knows its servers already, for tests.
    init(_ kind: Kind, _ servers: [ServerDescription]) {
        self.kind = kind
        self.servers = Dictionary(servers.map { ($0.address, $0) }) { first, _ in first }
        isAlone = servers.count == 1
    }

    /// The shortest session of those that hold data; `nil` where one of them knows none.
    var sessionMinutes: Int? {
        let holders = servers.values.filter(\.kind.holdsData)
        guard holders.allSatisfy({ $0.sessionMinutes != nil }) else { return nil }
        return holders.compactMap(\.sessionMinutes).min()
    }

    /// Why no server here can be spoken to; `nil` where the versions fit.
    var incompatibility: String? {
        for server in servers.values where server.kind != .unknown && kind != .loadBalanced {
            if server.minimumWireVersion > Self.maximumWireVersion {
                return "\(server.address) speaks wire version \(server.minimumWireVersion) and newer, "
                    + "this client up to \(Self.maximumWireVersion)"
            }
            if server.maximumWireVersion < Self.minimumWireVersion {
                return "\(server.address) speaks wire version \(server.maximumWireVersion) at most, "
                    + "this client needs \(Self.minimumWireVersion) (MongoDB 4.2)"
            }
        }
        return nil
    }

    static let minimumWireVersion = 8
    static let maximumWireVersion = 29

    // MARK: - What hellos say

    /// A server has answered, or could not be asked.
    ///
    /// - Parameters:
    ///   - clears: whether what went wrong speaks against the server's connections; false for a failed lookup.
    ///   - isSilent: whether what went wrong was that nothing came in time.
    mutating func heard(
        _ description: ServerDescription,
        clears: Bool = true,
        isSilent: Bool = false
    ) -> [Action] {
        let address = description.address
        guard kind != .loadBalanced, let known = servers[address] else { return [] }
        if let version = description.topologyVersion, version.isOlder(than: known.topologyVersion) { return [] }
        let before = Set(servers.keys)
        servers[address] = description
        switch kind {
        case .single: checkSetName(description)
        case .unknown: leaveUnknown(description)
        case .sharded: if description.kind != .mongos, description.kind != .unknown { servers[address] = nil }
        case .withoutPrimary, .withPrimary: updateSet(description)
        case .loadBalanced: break
        }
        var actions: [Action] = []
        if description.kind == .unknown, clears, description.fault != nil {
            actions.append(clear(address, interruptsUse: isSilent))
        } else if let now = servers[address], now.kind.holdsData || (kind == .single && now.kind != .unknown) {
            actions.append(.readyPool(address))
        }
        actions += servers.keys.filter { !before.contains($0) }.map(Action.watch)
        let gone = before.filter { servers[$0] == nil }
        for address in gone { generations[address] = nil }
        return actions + gone.map(Action.forget)
    }

    private mutating func checkSetName(_ description: ServerDescription) {
        guard let setName, description.kind != .unknown, description.setName != setName else { return }
        servers[description.address] = ServerDescription(
            description.address,
            fault: "it belongs to replica set \(description.setName ?? "(none)"), and not to \(setName)"
        )
    }

    private mutating func leaveUnknown(_ description: ServerDescription) {
        switch description.kind {
        case .standalone:
            // One of several that is by itself was left over from an earlier life.
            if isAlone { kind = .single } else { servers[description.address] = nil }
        case .mongos: kind = .sharded
        case .primary, .secondary, .arbiter, .other:
            kind = .withoutPrimary
            updateSet(description)
        case .ghost, .unknown, .loadBalancer: break
        }
    }

    private mutating func updateSet(_ description: ServerDescription) {
        switch description.kind {
        case .standalone, .mongos, .loadBalancer: servers[description.address] = nil
        case .primary: updateFromPrimary(description)
        case .secondary, .arbiter, .other: updateFromMember(description)
        case .ghost, .unknown: break
        }
        let hasPrimary = servers.values.contains { $0.kind == .primary }
        kind = hasPrimary ? .withPrimary : .withoutPrimary
    }

    private mutating func updateFromMember(_ description: ServerDescription) {
        let hadPrimary = servers.values.contains { $0.kind == .primary && $0.address != description.address }
        if setName == nil { setName = description.setName }
        guard description.setName == setName else {
            servers[description.address] = nil
            return
        }
        // A primary's list of members is the better one.
        if !hadPrimary { add(description.members) }
        if let own = description.ownName.flatMap(ServerAddress.init(parsing:)), own != description.address {
            servers[description.address] = nil
        }
    }

    private mutating func updateFromPrimary(_ description: ServerDescription) {
        let address = description.address
        if setName == nil { setName = description.setName }
        guard description.setName == setName else {
            servers[address] = nil
            return
        }
        guard isNewest(description) else {
            let fault = "primary marked stale due to electionId/setVersion mismatch"
            servers[address] = ServerDescription(address, fault: fault)
            return
        }
        for (other, known) in servers where known.kind == .primary && other != address {
            let fault = "primary marked stale due to discovery of newer primary"
            servers[other] = ServerDescription(other, fault: fault)
        }
        // First those go that it does not name, so that there is room for those that it does.
        let members = Set(description.members)
        for other in servers.keys where !members.contains(other) { servers[other] = nil }
        add(description.members)
    }

    /// Whether no later election, and no later configuration, is known than that of a primary.
    private mutating func isNewest(_ primary: ServerDescription) -> Bool {
        let (election, version) = (primary.electionID, primary.setVersion)
        if primary.maximumWireVersion >= 17 {
            let isLater = Self.isLess(maximumElectionID, election)
            let isSame = maximumElectionID == election && !Self.isLess(version, maximumSetVersion)
            guard isLater || isSame else { return false }
            (maximumElectionID, maximumSetVersion) = (election, version)
            return true
        }
        // Older servers: the configuration's version came first.
        if let version, let election {
            if let newest = maximumSetVersion, let latest = maximumElectionID,
                newest > version || (newest == version && latest > election)
            {
                return false
            }
            maximumElectionID = election
        }
        if let version, maximumSetVersion.map({ version > $0 }) ?? true { maximumSetVersion = version }
        return true
    }

    /// Nothing is less than something.
    private static func isLess<Value: Comparable>(_ left: Value?, _ right: Value?) -> Bool {
        guard let right else { return false }
        return left.map { $0 < right } ?? true
    }

    /// Only seeds are paths: what is dialed on this machine is the caller's to say, and no server's.
    private mutating func add(_ members: [ServerAddress]) {
        for member in members where servers[member] == nil && member.port != nil {
            guard servers.count < Self.serverLimit else { return }
            servers[member] = ServerDescription(member)
        }
    }

    /// Servers in all, from the seeds and from other servers; a replica set has 50 members at most.
    private static let serverLimit = 256

    // MARK: - How commands fail

    /// A command has failed on a connection of a server.
    ///
    /// - Parameters:
    ///   - generation: the server's when the connection was made.
    ///   - wasGreeted: whether the connection had been authenticated before.
    mutating func failed(
        _ failure: ServerFailure,
        at address: ServerAddress,
        generation: Int,
        wasGreeted: Bool
    ) -> [Action] {
        guard kind != .loadBalanced, let known = servers[address] else { return [] }
        guard generation >= generations[address, default: 0] else { return [] }
        switch failure {
        case .network(let isTimeout, let words):
            // A slow server is not a dead one, and one that takes no new connections has others.
            guard !isTimeout, wasGreeted else { return [] }
            lose(address, fault: words, version: nil)
            return [clear(address), .check(address)]
        case .stateChange(let words, let isShutdown, let version):
            if let version, version.isOldNews(to: known.topologyVersion) { return [] }
            lose(address, fault: words, version: version)
            let mustClear = isShutdown || known.maximumWireVersion < 8
            return (mustClear ? [clear(address)] : []) + [.check(address)]
        }
    }

    private mutating func lose(_ address: ServerAddress, fault: String, version: TopologyVersion?) {
        servers[address] = ServerDescription(address, fault: fault, topologyVersion: version)
        if kind == .withPrimary, !servers.values.contains(where: { $0.kind == .primary }) { kind = .withoutPrimary }
    }

    private mutating func clear(_ address: ServerAddress, interruptsUse: Bool = false) -> Action {
        generations[address, default: 0] += 1
        return .clearPool(address, interruptsUse: interruptsUse)
    }
}
