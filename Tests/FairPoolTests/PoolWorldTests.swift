// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Testing

@testable import FairPool

/// Pools under random events, right and wrong ones, early, late and repeated; whatever comes, the rules hold.
@Suite struct `Random pools keep the rules` {
    @Test func `one user each, sizes and places within bounds, nobody starves, nothing is left`() {
        for seed in 0..<4_000 as Range<UInt64> {
            var world = World(seed: seed)
            world.run()
            #expect(world.faults == [], "seed \(seed): \(world.story.suffix(40).joined(separator: " | "))")
            if !world.faults.isEmpty { return }
        }
    }
}

private struct World {
    private var random: SeededGenerator
    private var pool: PoolMachine
    private var now: Duration = .zero
    private let limits: PoolLimits
    private var waiting: [PoolWaiterID] = []
    private var inUse: Set<PooledConnectionID> = []
    private var idle: Set<PooledConnectionID> = []
    private var checking: Set<PooledConnectionID> = []
    private var dialing: [PoolDialID: PooledConnectionID?] = [:]
    private var isFinished = false
    private var isClosing = false
    private(set) var faults: [String] = []
    private(set) var story: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var configuration = PoolConfiguration()
        configuration.maximumSize = Int.random(in: 1...6, using: &random)
        configuration.minimumSize = Int.random(in: 0...3, using: &random)
        configuration.connectingLimit = Int.random(in: 1...3, using: &random)
        configuration.waitTimeout = .milliseconds(Int.random(in: 0...800, using: &random))
        configuration.waitingLimit = Int.random(in: 1...12, using: &random)
        if Bool.random(using: &random) {
            configuration.idleLimit = .milliseconds(Int.random(in: 0...500, using: &random))
        }
        if Bool.random(using: &random) {
            configuration.lifetimeLimit = .milliseconds(Int.random(in: 0...900, using: &random))
        }
        if Bool.random(using: &random) {
            configuration.checkAfter = .milliseconds(Int.random(in: 0...200, using: &random))
        }
        limits = PoolLimits(configuration)
        pool = PoolMachine(
            configuration,
            targets: Int.random(in: 1...3, using: &random),
            isReady: Bool.random(using: &random),
            isObserved: Bool.random(using: &random),
            random: RandomSource { 77 }
        )
    }

    mutating func run() {
        take("start") { pool, now, actions in pool.start(at: now, &actions) }
        for _ in 0..<120 { step() }
        // The end: everything comes back, every dial ends, and nothing is left.
        take("close") { pool, now, actions in pool.close(within: .seconds(1), at: now, &actions) }
        isClosing = true
        for dial in dialing.keys.sorted() { end(dial, connects: Bool.random(using: &random)) }
        for _ in 0..<10 where !isFinished {
            guard let wake = pool.wakeTime else { break }
            now = max(now, wake)
            take("advance") { pool, now, actions in pool.advance(to: now, &actions) }
        }
        if !isFinished { faults.append("it is not closed, and waits for nothing") }
        if !inUse.isEmpty || !idle.isEmpty || !checking.isEmpty {
            faults.append("connections are left: \(inUse) \(idle)")
        }
        if !waiting.isEmpty { faults.append("\(waiting) wait for ever") }
        if pool.wakeTime != nil { faults.append("it wants to be woken after its end") }
    }

    private mutating func step() {
        now += .milliseconds(Int.random(in: 0...40, using: &random))
        if let wake = pool.wakeTime, wake <= now, Int.random(in: 0..<10, using: &random) > 0 {
            return take("advance") { pool, now, actions in pool.advance(to: now, &actions) }
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0...4: checkOut()
        case 5, 6:
            guard let id = inUse.sorted().randomElement(using: &random) else { return }
            let isBroken = Int.random(in: 0..<5, using: &random) == 0
            inUse.remove(id)
            if !isBroken { idle.insert(id) }
            take("check in \(id)\(isBroken ? ", broken" : "")") { pool, now, actions in
                pool.checkIn(id, isBroken: isBroken, at: now, &actions)
            }
        // One that is not kept is closed in the same breath; a broken one always.
        case 7...9:
            guard let dial = dialing.filter({ $0.value == nil }).keys.sorted().randomElement(using: &random) else {
                return
            }
            take("\(dial) asks") { pool, now, actions in pool.asks(dial, at: now, &actions) }
        case 10...13:
            guard let dial = dialing.keys.sorted().randomElement(using: &random) else { return }
            // Only one that was admitted can connect.
            end(dial, connects: dialing[dial] != .some(nil) && Int.random(in: 0..<4, using: &random) > 0)
        case 14:
            guard let waiter = waiting.randomElement(using: &random) else { return }
            waiting.removeAll { $0 == waiter }
            take("\(waiter) leaves") { pool, now, actions in pool.leave(waiter, at: now, &actions) }
        case 15:
            guard let id = (Array(inUse) + Array(idle) + Array(checking)).sorted().randomElement(using: &random) else {
                return
            }
            take("\(id) closes") { pool, now, actions in pool.closedItself(id, at: now, &actions) }
        case 16:
            guard let id = checking.sorted().randomElement(using: &random) else { return }
            let lives = Bool.random(using: &random)
            if lives { idle.insert(id) }
            checking.remove(id)
            if !lives { inUse.insert(id) }
            take("\(id) checked") { pool, now, actions in pool.checked(id, lives: lives, at: now, &actions) }
        case 17 where Int.random(in: 0..<4, using: &random) == 0:
            let interrupts = Bool.random(using: &random)
            take("clear") { pool, now, actions in pool.clear(interruptingUse: interrupts, at: now, &actions) }
        case 18: take("ready") { pool, now, actions in pool.ready(at: now, &actions) }
        case 19 where Int.random(in: 0..<30, using: &random) == 0:
            isClosing = true
            take("close") { pool, now, actions in pool.close(within: .milliseconds(200), at: now, &actions) }
        default: take("advance") { pool, now, actions in pool.advance(to: now, &actions) }
        }
    }

    private mutating func checkOut() {
        if let id = pool.takeIdle(at: now) {
            story.append("takes \(id)")
            if !idle.contains(id) { faults.append("took \(id), which was not idle") }
            idle.remove(id)
            inUse.insert(id)
            return
        }
        var actions: [PoolAction] = []
        let waiter = pool.checkOut(at: now, &actions)
        waiting.append(waiter)
        carryOut(actions, after: "\(waiter) wants one")
    }

    private mutating func end(_ dial: PoolDialID, connects: Bool) {
        guard let connection = dialing.removeValue(forKey: dial) else { return }
        if connects, let connection {
            // A dial that was cancelled has nothing in the pool.
            if pool.connections[connection] != nil { idle.insert(connection) }
            take("\(dial) connects") { pool, now, actions in pool.connected(dial, at: now, &actions) }
        } else if connects {
            take("\(dial) connects too late") { pool, now, actions in pool.connected(dial, at: now, &actions) }
        } else {
            let error = DialError(.allAttemptsFailed, "no", target: "db.test:1")
            take("\(dial) fails") { pool, now, actions in pool.failed(dial, error, at: now, &actions) }
        }
    }

    private mutating func take(
        _ event: String,
        _ body: (inout PoolMachine, Duration, inout [PoolAction]) -> Void
    ) {
        var actions: [PoolAction] = []
        body(&pool, now, &actions)
        carryOut(actions, after: event)
    }

    private mutating func carryOut(_ actions: [PoolAction], after event: String) {
        story.append("\(event)" + (actions.isEmpty ? "" : " → " + actions.map(\.words).joined(separator: ", ")))
        for action in actions {
            switch action {
            case .fail, .tell: break
            default: if isFinished { faults.append("\(action.words) after the end") }
            }
            switch action {
            case .dial(let dial, _):
                if dialing[dial] != nil { faults.append("dial \(dial) twice") }
                if isClosing { faults.append("a closed pool dials") }
                dialing[dial] = .some(nil)
            case .admit(let dial, let connection):
                if dialing[dial] == nil { faults.append("admits \(dial), which there is not") }
                dialing[dial] = connection
            case .cancel(let dial):
                if dialing[dial] == nil { faults.append("cancels \(dial), which has ended") }
            case .hand(let id, let waiter):
                if !idle.contains(id) { faults.append("hands out \(id), which is not idle") }
                if waiting.first != waiter, !waiting.contains(waiter) { faults.append("\(waiter) does not wait") }
                idle.remove(id)
                inUse.insert(id)
                waiting.removeAll { $0 == waiter }
            case .fail(let waiter, _):
                if !waiting.contains(waiter) { faults.append("fails \(waiter), which does not wait") }
                waiting.removeAll { $0 == waiter }
            case .check(let id):
                if !idle.contains(id) { faults.append("checks \(id), which is not idle") }
                idle.remove(id)
                checking.insert(id)
            case .close(let id):
                let known = [inUse.remove(id), idle.remove(id), checking.remove(id)].compactMap { $0 }
                if known.count > 1 { faults.append("\(id) was in two places") }
            case .tell: break
            case .finish: isFinished = true
            }
        }
        judge()
    }

    private mutating func judge() {
        let counts = pool.counts
        if counts.idle + counts.inUse + counts.connecting > limits.maximum { faults.append("too many: \(counts)") }
        if counts.connecting > limits.connecting { faults.append("\(counts.connecting) connect at a time") }
        if counts.waiting > 0, counts.idle > 0 { faults.append("\(counts.waiting) wait, and \(counts.idle) are idle") }
        if counts.idle != idle.count { faults.append("idle: \(counts.idle), and really \(idle.sorted())") }
        // A check's connection counts as in use.
        if counts.inUse != inUse.count + checking.count {
            faults.append("in use: \(counts.inUse), and really \(inUse)")
        }
        let unplaced = pool.dials.values.count { if case .cancelled = $0.stage { false } else { true } }
        if unplaced > counts.connecting + pool.targets.count { faults.append("\(unplaced) dials") }
        if counts.waiting > 0, !isFinished, pool.wakeTime == nil { faults.append("waits have no bound") }
        for (index, target) in pool.targets.enumerated() {
            let count = pool.connections.values.count { $0.target == index }
            if count != target.connections { faults.append("target \(index) has \(count), not \(target.connections)") }
        }
    }
}
