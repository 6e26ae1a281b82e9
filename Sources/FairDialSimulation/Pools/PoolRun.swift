// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool

/// One pool under random events, right and wrong ones, early, late and repeated. The machine is the one that ships.
package final class PoolRun {
    private let dice: Dice
    private var pool: PoolMachine
    private var witness: PoolWitness
    private var now: Duration = .zero
    /// When the driver's timer goes off. It is set after each event, and not where a connection goes and comes back the
    /// short way.
    private var timer: Duration?
    private let tell: ((String) -> Void)?
    private let connectChance: Int
    private let names: PoolNames

    /// The first rule that was broken; `nil` when all held.
    package var violation: String? { witness.violation }

    /// How many events a run has before its pool is closed.
    private static let steps = 120
    /// Services that connections belong to.
    private static let services: Range<Int> = 0..<2

    /// - Parameters:
    ///   - seed: decides the run.
    ///   - tell: called with everything that happens, a line each; `nil` for no story.
    package init(seed: UInt64, telling tell: ((String) -> Void)? = nil) {
        let dice = Dice(seed: seed)
        self.dice = dice
        self.tell = tell
        names = PoolNames(dice: dice)
        var configuration = PoolConfiguration()
        configuration.maximumSize = dice.number(1..<7)
        configuration.minimumSize = dice.number(0..<4)
        configuration.connectingLimit = dice.number(1..<4)
        configuration.waitTimeout = .milliseconds(dice.number(0..<801))
        configuration.waitingLimit = dice.number(1..<13)
        configuration.firstBackOff = .milliseconds(dice.number(0..<200))
        configuration.longestBackOff = .milliseconds(dice.number(0..<1_000))
        if dice.chance(50) { configuration.idleLimit = .milliseconds(dice.number(0..<501)) }
        if dice.chance(50) { configuration.lifetimeLimit = .milliseconds(dice.number(0..<901)) }
        if dice.chance(50) {
            let limit = Duration.milliseconds(dice.number(0..<201))
            (configuration.checkAfter, configuration.checkTimeout) = (limit, limit * 2)
        }
        let targets = dice.number(1..<4)
        let followed = Set((0..<targets).filter { _ in dice.chance(60) })
        let isReady = dice.chance(70)
        // Some servers are good, some are not.
        connectChance = dice.pick([10, 75, 95])
        witness = PoolWitness(configuration, targets: targets, following: followed, isReady: isReady)
        // Of the system's numbers none may decide anything: the pool has a generator of its own, from the same seed.
        let numbers = Dice(seed: ~seed)
        pool = PoolMachine(
            configuration,
            targets: targets,
            following: followed,
            isReady: isReady,
            isObserved: dice.chance(50),
            random: RandomSource { numbers.next() }
        )
        story("\(configuration), \(targets) targets, follows \(followed.sorted()), \(isReady ? "ready" : "paused")")
    }

    package func run() {
        take("start") { $0.start(at: $1, &$2) }
        for _ in 0..<Self.steps where violation == nil { step() }
        if violation == nil { end() }
    }

    /// Everything comes back, every dial ends, and nothing is left.
    private func end() {
        close(within: .seconds(1))
        for dial in witness.dials.keys.sorted() { endDial(dial) }
        for target in witness.lookedUp { endLookUp(of: target) }
        let wakes = 16
        for _ in 0..<wakes {
            guard violation == nil, let wake = pool.wakeTime else { break }
            now = max(now, wake)
            advance()
        }
        if violation == nil { witness.checkRemains(pool.counts, wakeTime: pool.wakeTime) }
    }

    private func step() {
        // Mostly there is much to do, and sometimes nothing for long.
        now += .milliseconds(dice.chance(97) ? dice.number(0..<41) : dice.number(0..<2_000))
        if let wake = pool.wakeTime, wake <= now, dice.chance(90) { return advance() }
        switch dice.number(0..<24) {
        case 0...4: checkOut()
        case 5...7: checkIn()
        case 8...10: ask()
        case 11...14:
            if let dial = pick(witness.dials.keys) { endDial(dial) }
        case 15: leave()
        case 16: closeItself()
        case 17: endCheck()
        case 18: clear()
        case 19:
            witness.isTold(.ready)
            take("ready") { $0.ready(at: $1, &$2) }
        case 20 where dice.chance(4): close(within: .milliseconds(dice.number(0..<300)))
        case 20: sayWhatIsWrong()
        case 21, 22:
            if let target = pick(witness.lookedUp) { endLookUp(of: target) }
        default: advance()
        }
    }

    // MARK: - Events

    private func advance() {
        timer = nil
        take("time passes") { $0.advance(to: $1, &$2) }
        witness.checkDeadlines(at: now)
    }

    private func checkOut() {
        if let id = pool.takeIdle(at: now) {
            story("takes \(id)")
            return witness.takes(id, at: now)
        }
        var actions: [PoolAction] = []
        let waiter = pool.checkOut(at: now, &actions)
        witness.waits(waiter, at: now)
        carryOut(actions, after: "\(waiter) wants one")
    }

    private func checkIn() {
        guard let id = pick(witness.inUse) else { return }
        let isBroken = dice.chance(20)
        witness.isBack(id, isBroken: isBroken, at: now)
        if !isBroken, pool.putBack(id, at: now) {
            story("\(id) is put back")
            witness.judge(pool.counts, wakeTime: pool.wakeTime, at: now)
            return witness.judgeTimer(timer, wakeTime: pool.wakeTime)
        }
        take("\(id) is back\(isBroken ? ", broken" : "")") {
            $0.checkIn(id, isBroken: isBroken, hasClosed: isBroken, at: $1, &$2)
        }
    }

    private func ask() {
        guard let dial = pick(witness.lookingUp) else { return }
        witness.asks(dial)
        take("\(dial) asks") { $0.asks(dial, at: $1, &$2) }
    }

    private func endDial(_ dial: PoolDialID) {
        // Only one that was admitted can connect, and one that was cancelled may have been.
        if witness.mayConnect(dial), dice.chance(connectChance) {
            let (endpoint, attempts) = names.winner(of: witness.dials[dial]?.order ?? [])
            let service = dice.chance(70) ? UInt64(dice.number(Self.services)) : nil
            witness.connects(dial, to: endpoint, service: service, after: attempts, at: now)
            take("\(dial) connects to \(endpoint.map { "\($0)" } ?? "a path")") {
                $0.connected(dial, to: endpoint, service: service, after: attempts, at: $1, &$2)
            }
        } else {
            let code = dice.pick([DialError.Code.allAttemptsFailed, .queueTimeout, .cancelled, .nameNotFound])
            let isOfQueue = code == .queueTimeout
            // Only one that was admitted has tried any address.
            let order = witness.mayConnect(dial) ? witness.dials[dial]?.order ?? [] : []
            let attempts = names.failures(of: order)
            witness.fails(dial, attempts, isOfQueue: isOfQueue, at: now)
            let error = DialError(code, "no", target: "db.sim:1", report: DialReport(attempts: attempts))
            take("\(dial) fails: \(code)") { $0.failed(dial, error, at: $1, &$2) }
        }
    }

    private func leave() {
        guard let waiter = pick(witness.waiting) else { return }
        witness.leaves(waiter)
        take("\(waiter) leaves") { $0.leave(waiter, at: $1, &$2) }
    }

    private func closeItself() {
        guard let id = pick(witness.established) else { return }
        witness.isDead(id, at: now)
        take("\(id) closes") { $0.closedItself(id, at: $1, &$2) }
    }

    private func endCheck() {
        guard let id = pick(witness.checking) else { return }
        let lives = dice.chance(60)
        if lives { witness.answers(id) }
        if lives { witness.isBack(id, isBroken: false, at: now) } else { witness.isDead(id, at: now) }
        take("\(id) \(lives ? "lives" : "is dead")") { $0.checked(id, lives: lives, at: $1, &$2) }
    }

    private func endLookUp(of target: Int) {
        let answer = names.answer()
        witness.isAnswered(target, answer, at: now)
        take("\(target) is looked up: \(answer.map { "\($0.endpoints)" } ?? "no answer")") {
            $0.lookedUp(target, answer, at: $1, &$2)
        }
    }

    private func clear() {
        if dice.chance(60) {
            let service = UInt64(dice.number(Self.services))
            witness.isCleared(service: service)
            return take("clear service \(service)") { $0.clear(service: service, at: $1, &$2) }
        }
        guard dice.chance(40) else { return }
        let interrupts = dice.chance(50)
        witness.isTold(.cleared)
        take("clear\(interrupts ? ", interrupting" : "")") { $0.clear(interruptingUse: interrupts, at: $1, &$2) }
    }

    private func close(within limit: Duration) {
        witness.isTold(.closed)
        take("close") { $0.close(within: limit, at: $1, &$2) }
    }

    /// What no driver should say, or says twice.
    private func sayWhatIsWrong() {
        let id = UInt64(dice.number(0..<20))
        switch dice.number(0..<7) {
        case 0 where !witness.inUse.contains(id): take("\(id) is back?") { $0.checkIn(id, isBroken: true, at: $1, &$2) }
        case 1 where !witness.lookingUp.contains(id): take("\(id) asks?") { $0.asks(id, at: $1, &$2) }
        case 2 where witness.dials[id] == nil: take("\(id) connects?") { $0.connected(id, at: $1, &$2) }
        case 3 where witness.dials[id] == nil:
            let error = DialError(.allAttemptsFailed, "no", target: "db.sim:1")
            take("\(id) fails?") { $0.failed(id, error, at: $1, &$2) }
        case 4 where !witness.waiting.contains(id): take("\(id) leaves?") { $0.leave(id, at: $1, &$2) }
        case 5 where !witness.checking.contains(id): take("\(id) dead?") { $0.checked(id, lives: false, at: $1, &$2) }
        case 6 where !witness.lookedUp.contains(0):
            take("0 is looked up?") { $0.lookedUp(0, PoolAnswer(PoolNames.endpoints), at: $1, &$2) }
        default: break
        }
    }

    // MARK: - Carrying out

    private func take(_ event: String, _ body: (inout PoolMachine, Duration, inout [PoolAction]) -> Void) {
        var actions: [PoolAction] = []
        body(&pool, now, &actions)
        carryOut(actions, after: event)
    }

    private func carryOut(_ actions: [PoolAction], after event: @autoclosure () -> String) {
        story(event() + (actions.isEmpty ? "" : " → " + actions.map { "\($0)" }.joined(separator: ", ")))
        for action in actions { witness.isWanted(action, at: now) }
        if let wake = pool.wakeTime, timer.map({ wake < $0 }) ?? true { timer = wake }
        witness.judge(pool.counts, wakeTime: pool.wakeTime, at: now)
        if let violation { story("BROKEN: \(violation)") }
    }

    private func pick<ID: Comparable>(_ ids: some Sequence<ID>) -> ID? {
        let ids = ids.sorted()
        return ids.isEmpty ? nil : dice.pick(ids)
    }

    private func story(_ line: @autoclosure () -> String) {
        guard let tell else { return }
        tell("\(now)  \(line())")
    }
}
