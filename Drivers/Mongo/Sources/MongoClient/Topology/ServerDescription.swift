// SPDX-License-Identifier: Apache-2.0

import BSON

/// What is known of a server by its last hello, or by the fault that came instead.
struct ServerDescription: Sendable, Equatable {
    /// What it is, in the words of the specification.
    enum Kind: String, Sendable {
        case standalone = "Standalone"
        case mongos = "Mongos"
        case primary = "RSPrimary"
        case secondary = "RSSecondary"
        case arbiter = "RSArbiter"
        case other = "RSOther"
        case ghost = "RSGhost"
        case loadBalancer = "LoadBalancer"
        case unknown = "Unknown"

        /// Whether documents can be read from it.
        var holdsData: Bool {
            switch self {
            case .standalone, .mongos, .primary, .secondary, .loadBalancer: true
            case .arbiter, .other, .ghost, .unknown: false
            }
        }

        /// For a person.
        var words: String {
            switch self {
            case .standalone: "a server by itself"
            case .mongos: "a router (mongos)"
            case .primary: "the primary"
            case .secondary: "a secondary"
            case .arbiter: "an arbiter"
            case .other: "a member that serves no clients"
            case .ghost: "a member of a set that is not configured"
            case .loadBalancer: "a load balancer"
            case .unknown: "not known"
            }
        }
    }

    let address: ServerAddress
    var kind = Kind.unknown
    var setName: String?
    var setVersion: Int?
    var electionID: ObjectID?
    /// All members that it names, those that hold no data included.
    var members: [ServerAddress] = []
    /// The address by which it knows itself, in lower case.
    var ownName: String?
    var topologyVersion: TopologyVersion?
    var minimumWireVersion = 0
    var maximumWireVersion = 0
    var maximumMessageSize = Wire.lengthLimit
    var maximumDocumentSize = 16 * 1024 * 1024
    var maximumWriteBatch = 100_000
    /// `nil` where the server knows no sessions.
    var sessionMinutes: Int?
    var tags: [String: String] = [:]
    /// When the server's last write was, in milliseconds since 1970, by its own clock.
    var lastWrite: Int?
    /// When this was known, since the client's start.
    var updated: Duration = .zero
    /// A moving mean of the hellos' round trips: how near it is.
    var roundTrip: Duration = .zero
    /// The least of the last hellos' round trips: so long an answer is on its way at least.
    var leastRoundTrip: Duration = .zero
    /// Why nothing is known.
    var fault: String?

    /// A server of which nothing is known.
    init(_ address: ServerAddress, fault: String? = nil, topologyVersion: TopologyVersion? = nil) {
        self.address = address
        self.fault = fault
        self.topologyVersion = topologyVersion
    }

    /// Members of a replica set: the server's own limit is 50.
    private static let memberLimit = 256

    /// What an answer to hello says.
    init(_ address: ServerAddress, hello reply: BSONDocument, roundTrip: Duration = .zero, at now: Duration = .zero) {
        self.init(address)
        self.roundTrip = roundTrip
        updated = now
        topologyVersion = TopologyVersion(reply["topologyVersion"]?.document)
        guard reply["ok"]?.double == 1 else {
            fault = reply["errmsg"]?.string ?? "hello was refused"
            return
        }
        kind = Self.kind(reply)
        setName = reply["setName"]?.string
        setVersion = reply["setVersion"]?.integer
        electionID = reply["electionId"]?.objectID
        ownName = reply["me"]?.string?.lowercased()
        minimumWireVersion = reply["minWireVersion"]?.integer ?? 0
        maximumWireVersion = reply["maxWireVersion"]?.integer ?? 0
        // Absurd numbers are not taken: they bound our own messages.
        if let size = reply["maxMessageSizeBytes"]?.integer, (1_000...Wire.lengthLimit).contains(size) {
            maximumMessageSize = size
        }
        if let size = reply["maxBsonObjectSize"]?.integer, (1_000...Wire.lengthLimit).contains(size) {
            maximumDocumentSize = size
        }
        if let count = reply["maxWriteBatchSize"]?.integer, (1...1_000_000).contains(count) {
            maximumWriteBatch = count
        }
        // From a minute to a year; the server's own default is half an hour.
        if let minutes = reply["logicalSessionTimeoutMinutes"]?.integer, (1...525_600).contains(minutes) {
            sessionMinutes = minutes
        }
        lastWrite = reply["lastWrite"]?.document?["lastWriteDate"].flatMap { value in
            if case .date(let date) = value { Int(date.milliseconds) } else { nil }
        }
        for (key, value) in reply["tags"]?.document ?? [:] { tags[key] = value.string }
        for field in ["hosts", "passives", "arbiters"] {
            for member in reply[field]?.array ?? [] where members.count < Self.memberLimit {
                if let address = member.string.flatMap(ServerAddress.init(parsing:)) { members.append(address) }
            }
        }
    }

    /// What a server is by its answer to hello.
    static func kind(_ reply: BSONDocument) -> Kind {
        if reply["isreplicaset"]?.bool == true { return .ghost }
        if reply["msg"]?.string == "isdbgrid" { return .mongos }
        guard reply["setName"]?.string != nil else { return .standalone }
        if reply["hidden"]?.bool == true { return .other }
        if reply["isWritablePrimary"]?.bool == true || reply["ismaster"]?.bool == true { return .primary }
        if reply["secondary"]?.bool == true { return .secondary }
        if reply["arbiterOnly"]?.bool == true { return .arbiter }
        return .other
    }

    /// Whether it keeps one history of writes in a replica set or a cluster, so that a write can be repeated.
    var canRepeatWrites: Bool { sessionMinutes != nil && kind != .standalone && kind != .unknown }
}
