// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import IPAddresses

/// What a run knows of its pool by what it has said and what the pool has wanted: slow, obvious books that the pool's
/// own are compared with.
struct PoolWitness {
    enum Stage {
        case connecting
        case idle(since: Duration)
        case checking(since: Duration)
        case inUse
        /// It is broken, and must be closed before anything else happens.
        case dead
    }

    /// What the witness has noted of one connection, to compare with what the pool says.
    struct Book {
        var stage: Stage
        let target: Int
        let created: Duration
        var endpoint: Endpoint?
        var service: UInt64?
        /// It was cleared.
        var isStale = false
        /// Its address is gone.
        var isGone = false
        /// The check before its own got no answer.
        var isDoubted = false

        var isBeingMade: Bool { if case .connecting = stage { true } else { false } }
    }

    enum DialStage {
        case lookingUp
        case asking
        case connecting(PooledConnectionID)
        case cancelled
    }

    /// What the witness has noted of one dial.
    struct DialBook {
        var stage = DialStage.lookingUp
        let target: Int
        let order: [Endpoint]
        /// The addresses that had gone before it began.
        let gone: Set<Endpoint>

        var isLookingUp: Bool { if case .lookingUp = stage { true } else { false } }
    }

    /// What the owner of the pool has told it last; a pool that starts paused begins as `cleared`.
    enum Word {
        case ready
        case cleared
        case closed
    }

    let limits: PoolLimits
    let targetCount: Int
    private(set) var word: Word
    private(set) var connections: [PooledConnectionID: Book] = [:]
    private(set) var dials: [PoolDialID: DialBook] = [:]
    /// Who waits, in the order of coming, and until when at most.
    private(set) var waits: [(id: PoolWaiterID, deadline: Duration)] = []
    /// When a target has failed last, or may have.
    private var failures: [Int: Duration] = [:]
    /// When a dial of a target has failed last.
    private var dialFailures: [Int: Duration] = [:]
    var names: [NameBook]
    /// Targets whose last check got no answer.
    private var silent: Set<Int> = []
    private(set) var isFinished = false
    /// Whatever channel has not closed after the close's time has been closed by force.
    private(set) var isRestClosed = false
    private(set) var violation: String?

    init(_ configuration: PoolConfiguration, targets: Int, following: Set<Int>, isReady: Bool) {
        limits = PoolLimits(configuration)
        targetCount = targets
        names = (0..<targets).map { NameBook(isFollowed: following.contains($0)) }
        word = isReady ? .ready : .cleared
    }

    // MARK: - What there is

    var waiting: [PoolWaiterID] { waits.map(\.id) }
    var inUse: [PooledConnectionID] { ids { if case .inUse = $0 { true } else { false } } }
    var checking: [PooledConnectionID] { ids { if case .checking = $0 { true } else { false } } }
    var idle: [PooledConnectionID] { ids { if case .idle = $0 { true } else { false } } }
    var established: [PooledConnectionID] { ids { if case .connecting = $0 { false } else { true } } }
    var connectingCount: Int { connections.count - established.count }

    var lookingUp: [PoolDialID] {
        dials.compactMap { if case .lookingUp = $0.value.stage { $0.key } else { nil } }
    }

    private func ids(_ isWanted: (Stage) -> Bool) -> [PooledConnectionID] {
        connections.compactMap { isWanted($0.value.stage) ? $0.key : nil }
    }

    func mayConnect(_ dial: PoolDialID) -> Bool {
        switch dials[dial]?.stage {
        case .connecting, .cancelled: true
        case .lookingUp, .asking, nil: false
        }
    }

    /// Whether the target is surely not held back after a failure.
    func isOpen(_ target: Int, at now: Duration) -> Bool {
        failures[target].map { now > $0 + limits.longestBackOff } ?? true
    }

    mutating func fault(_ what: String) {
        violation = violation ?? what
    }

    // MARK: - What the run says

    mutating func isTold(_ word: Word) {
        switch (self.word, word) {
        case (.closed, _): return
        case (_, .cleared):
            for id in Array(connections.keys) { connections[id]?.isStale = true }
            silent = []
        // The owner has seen the targets live: no failure of before counts.
        case (.cleared, .ready): (failures, dialFailures) = ([:], [:])
        case (.ready, .ready), (_, .closed): break
        }
        self.word = word
    }

    mutating func isCleared(service: UInt64) {
        for (id, book) in connections where book.service == service { connections[id]?.isStale = true }
    }

    mutating func waits(_ waiter: PoolWaiterID, at now: Duration) {
        waits.append((waiter, now + limits.wait))
    }

    mutating func leaves(_ waiter: PoolWaiterID) {
        waits.removeAll { $0.id == waiter }
    }

    mutating func takes(_ id: PooledConnectionID, at now: Duration) {
        use(id, at: now)
        if !waits.isEmpty { fault("\(id) is taken while \(waits.count) wait") }
    }

    mutating func isBack(_ id: PooledConnectionID, isBroken: Bool, at now: Duration) {
        if isBroken { return isDead(id, at: now) }
        connections[id]?.stage = .idle(since: now)
    }

    /// A check has found that the connection lives.
    mutating func answers(_ id: PooledConnectionID) {
        if let book = connections[id] { silent.remove(book.target) }
    }

    mutating func isDead(_ id: PooledConnectionID, at now: Duration) {
        guard let book = connections[id] else { return }
        connections[id]?.stage = .dead
        failures[book.target] = now
        mayFail(book.endpoint, of: book.target, at: now)
    }

    mutating func asks(_ dial: PoolDialID) {
        dials[dial]?.stage = .asking
    }

    mutating func connects(
        _ dial: PoolDialID,
        to endpoint: Endpoint?,
        service: UInt64?,
        after attempts: [AttemptReport],
        at now: Duration
    ) {
        guard let book = dials.removeValue(forKey: dial) else { return }
        var first = book.order.first
        if case .cancelled = book.stage { first = nil }
        learn(attempts, first: first, winner: endpoint, of: book.target, at: now)
        guard case .connecting(let id) = book.stage else { return }
        connections[id]?.stage = .idle(since: now)
        connections[id]?.service = service
        connections[id]?.endpoint = endpoint
        if let endpoint, names[book.target].gone.contains(endpoint), !book.gone.contains(endpoint) { markGone(id) }
    }

    mutating func markGone(_ id: PooledConnectionID) {
        connections[id]?.isGone = true
    }

    /// - Parameters:
    ///   - attempts: what became of its addresses; all that are there have failed.
    ///   - isOfQueue: whether it was not admitted in time.
    mutating func fails(_ dial: PoolDialID, _ attempts: [AttemptReport], isOfQueue: Bool, at now: Duration) {
        guard let book = dials.removeValue(forKey: dial) else { return }
        switch book.stage {
        case .cancelled: return
        case .lookingUp, .asking: break
        case .connecting(let id):
            let isStale = connections.removeValue(forKey: id)?.isStale ?? false
            // The pool has been cleared since: that says nothing of the target as it is now.
            if isStale { return }
        }
        failures[book.target] = now
        // It has waited for its place alone; the next one is held back, and nobody is blamed.
        if isOfQueue, attempts.isEmpty, !book.isLookingUp { return }
        let failed = attempts.compactMap(\.destination.endpoint).filter(names[book.target].addresses.contains)
        for endpoint in failed { fails(endpoint, of: book.target, at: now) }
        // Where an address is to blame, others may be dialed at once.
        if failed.isEmpty { dialFailures[book.target] = now }
    }

    // MARK: - What the pool wants

    mutating func isWanted(_ action: PoolAction, at now: Duration) {
        switch action {
        case .fail, .tell, .closeRest: break
        default: if isFinished { fault("\(action) after the end") }
        }
        switch action {
        case .dial(let dial, let target, let order): begins(dial, to: target, at: order, now)
        case .lookUp(let target): wantsLookUp(of: target, at: now)
        case .cancelLookUp(let target):
            if !names[target].isLookedUp { fault("the lookup of \(target) is cancelled, and there is none") }
        case .admit(let dial, let id):
            guard case .asking? = dials[dial]?.stage, let target = dials[dial]?.target else {
                return fault("dial \(dial) is admitted, and does not ask")
            }
            dials[dial]?.stage = .connecting(id)
            if connections[id] != nil { fault("there are two connections \(id)") }
            judgeAdmission(to: target)
            connections[id] = Book(stage: .connecting, target: target, created: now)
        case .cancel(let dial):
            guard let stage = dials[dial]?.stage else { return fault("dial \(dial) is cancelled after its end") }
            if case .connecting(let id) = stage { connections[id] = nil }
            dials[dial]?.stage = .cancelled
        case .hand(let id, let waiter):
            use(id, at: now)
            if let place = waits.firstIndex(where: { $0.id == waiter }), place > 0 {
                fault("waiter \(waiter) overtakes \(place) others")
            }
            end(waiter)
        case .fail(let waiter, _): end(waiter)
        case .check(let id):
            if !idle.contains(id) { fault("connection \(id) is checked, and is not idle") }
            connections[id]?.stage = .checking(since: now)
            if let target = connections[id]?.target { connections[id]?.isDoubted = silent.contains(target) }
        case .close(let id, let isByForce):
            guard let book = connections.removeValue(forKey: id) else { return fault("\(id) is closed twice") }
            if case .connecting = book.stage { fault("connection \(id) is closed before it is there") }
            if case .inUse = book.stage, !isByForce { fault("\(id) is closed while it is used, and not by force") }
            if case .checking(let since) = book.stage, now >= since + limits.checkTime, !book.isStale {
                if isByForce { silent.insert(book.target) }
            }
        case .closeRest:
            if word != .closed { fault("channels of a pool that is not closed are closed by force") }
            isRestClosed = true
        case .tell: break
        case .finish:
            isFinished = true
            let left = connections.count + dials.count + lookedUp.count
            if left > 0 { fault("it is closed, and \(left) connections, dials and lookups are not") }
        }
    }

    private mutating func begins(_ dial: PoolDialID, to target: Int, at order: [Endpoint], _ now: Duration) {
        if dials[dial] != nil { fault("there are two dials \(dial)") }
        if word != .ready { fault("a pool that is not ready dials") }
        if !(0..<targetCount).contains(target) { fault("there is no target \(target)") }
        // A back-off is shortened by up to a quarter.
        if let failed = dialFailures[target], now < failed + limits.firstBackOff / 4 * 3 - .nanoseconds(3) {
            fault("target \(target) is dialed \(now - failed) after a failure")
        }
        judge(order, of: target, at: now)
        dials[dial] = DialBook(target: target, order: order, gone: names[target].gone)
    }

    /// A caller has a connection.
    private mutating func use(_ id: PooledConnectionID, at now: Duration) {
        guard let book = connections[id] else { return fault("connection \(id) is handed out, and there is none") }
        guard case .idle(let since) = book.stage else { return fault("\(id) is handed out, and is not idle") }
        if book.isStale { fault("connection \(id) is handed out, and was cleared") }
        if book.isGone { fault("connection \(id) is handed out, and its address is gone") }
        if word != .ready { fault("a pool that is not ready hands out connection \(id)") }
        // One that has just come is for a caller, however old it may get.
        if now > since {
            if let limit = limits.idle, now >= since + limit { fault("connection \(id) was idle for \(now - since)") }
            if let limit = limits.lifetime, now >= book.created + limit { fault("connection \(id) is too old") }
        }
        connections[id]?.stage = .inUse
    }

    private mutating func end(_ waiter: PoolWaiterID) {
        guard let place = waits.firstIndex(where: { $0.id == waiter }) else {
            return fault("waiter \(waiter) ends twice, or has left")
        }
        waits.remove(at: place)
    }
}
