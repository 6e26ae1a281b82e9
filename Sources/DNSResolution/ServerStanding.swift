// SPDX-License-Identifier: Apache-2.0

/// What has been learned of one server.
struct ServerStanding: Sendable {
    /// So many tries in a row without an answer, and the server is set aside.
    private static let patience = 3
    /// How long until it is asked again, at first and at most.
    private static let firstProbe = Duration.seconds(2)
    private static let lastProbe = Duration.seconds(60)

    /// How long it takes.
    var estimate = RoundTripEstimate()
    /// Tries that an answer may still come to.
    var inFlight = 0
    /// Whether it answers queries with an OPT record (RFC 6891 §7).
    var understandsOptions = true
    /// Whether it repeats the letters of a question in the case they came in.
    var keepsCase = true
    /// What we have shown it, and what it has given us for that (RFC 7873 §5).
    let clientCookie: [UInt8]
    var serverCookie: [UInt8]? {
        didSet { if serverCookie != oldValue { cookies = clientCookie + (serverCookie ?? []) } }
    }
    /// Both, as they go out with every query.
    private(set) var cookies: [UInt8]
    private var silences = 0
    private var probeDelay = ServerStanding.firstProbe
    /// When to ask again a server that is set aside.
    private(set) var nextProbe: Duration?

    init(clientCookie: [UInt8]) {
        self.clientCookie = clientCookie
        cookies = clientCookie
    }

    /// Whether others are asked before it.
    var isSetAside: Bool { nextProbe != nil }

    /// It has answered, after so long; `nil` where that says nothing of its speed.
    ///
    /// - Returns: whether it was set aside until now.
    mutating func answered(after roundTrip: Duration?) -> Bool {
        if let roundTrip { estimate.note(roundTrip) }
        silences = 0
        probeDelay = Self.firstProbe
        defer { nextProbe = nil }
        return isSetAside
    }

    /// A try has come to nothing.
    ///
    /// - Returns: whether it is set aside from now on.
    mutating func failed(at now: Duration) -> Bool {
        silences += 1
        guard silences >= Self.patience, !isSetAside else { return false }
        nextProbe = now + probeDelay
        return true
    }

    /// Whether it is time to show it a copy of a query; if so, the next one is further away.
    mutating func takeProbe(at now: Duration) -> Bool {
        guard let due = nextProbe, now >= due else { return false }
        probeDelay = min(probeDelay * 2, Self.lastProbe)
        nextProbe = now + probeDelay
        return true
    }
}
