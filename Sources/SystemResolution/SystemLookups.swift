// SPDX-License-Identifier: Apache-2.0

import DequeModule
package import IPAddresses
package import NameResolution

/// Lookups by `getaddrinfo`, as a machine without threads: the queue, the calls in flight, and the second call.
///
/// Times are durations since one start that the driver chooses.
@available(FairDial 0.1, *)
package struct SystemLookups: Sendable {
    /// Identifies one lookup; it is its ticket in the queue, too.
    package typealias Lookup = FairQueue.Ticket

    /// Identifies one call of `getaddrinfo`.
    package typealias Call = UInt64

    /// What the driver is to do, in order.
    package enum Action: Hashable, Sendable {
        /// Call `getaddrinfo` on a thread; report with `began`, then `returned`; or with `foundNoThread`.
        case call(Call, String, AddressFamilies)
        /// Tell the caller of this lookup.
        case deliver(Lookup, LookupEvent)
    }

    private struct Entry: Sendable {
        let question: LookupQuestion
        let fairnessKey: FairnessKey
        let asked: Duration
        var began: Duration?
        var hasStarted = false
        var isWanted = true
        /// The call for all the families asked for, while it runs.
        var firstCall: Call?
        /// The call for IPv4 alone, while it runs.
        var secondCall: Call?
        var settled: AddressFamilies = []
        /// How the first call ended, while the second may still bring something.
        var firstError: ResolutionError?
    }

    private var queue: FairQueue
    private let secondCallDelay: Duration?
    private var entries: [Lookup: Entry] = [:]
    private var lookupOfCall: [Call: Lookup] = [:]
    /// Lookups for both families in the order in which their second calls fall due.
    private var secondCalls = Deque<(due: Duration, lookup: Lookup)>()
    /// Lookups whose callers' timeouts are about to end them, and until when the callers wait for a call to return.
    private var catchingUp = Deque<(due: Duration, lookup: Lookup)>()
    /// Second calls whose lookups have ended without them; each still holds its slot.
    private var orphans: [Call: Orphan] = [:]
    private var fastNames = FastNames()
    private var nextLookup: Lookup = 1
    private var nextCall: Call = 1

    private struct Orphan: Sendable {
        let question: LookupQuestion
        let fairnessKey: FairnessKey
        let began: Duration
    }

    /// - Parameters:
    ///   - queue: how many slots there are, and for whom.
    ///   - secondCallDelay: how long a call for both families may be silent before a second one asks for IPv4 alone;
    ///     `nil` for never.
    package init(queue: QueueConfiguration, secondCallDelay: Duration?) {
        self.queue = FairQueue(queue)
        self.secondCallDelay = secondCallDelay?.bounded
    }

    /// When to call `advance(to:)` next; `nil` when only an event can change anything.
    package var wakeTime: Duration? {
        guard let second = secondCalls.first?.due else { return catchingUp.first?.due }
        return min(second, catchingUp.first?.due ?? second)
    }

    /// How many lookups wait for a slot.
    package var waitingCount: Int { queue.waitingCount }

    /// How many slots are taken, reserved ones included.
    package var takenSlots: Int { queue.taken }

    /// How many calls are in flight.
    package var callCount: Int { lookupOfCall.count + orphans.count }
}

// MARK: - Events

@available(FairDial 0.1, *)
extension SystemLookups {
    /// A caller asks.
    ///
    /// - Returns: the lookup's identifier, and the actions.
    package mutating func ask(_ question: LookupQuestion, for fairnessKey: FairnessKey, at now: Duration) -> (
        Lookup, [Action]
    ) {
        let lookup = nextLookup
        nextLookup += 1
        if let fault = LookupName.fault(in: question.name) {
            return (lookup, [.deliver(lookup, .ended(ResolutionError(.invalidName, fault)))])
        }
        guard queue.join(lookup, for: fairnessKey, isFast: fastNames.contains(question.key, at: now)) else {
            let message = "\(queue.waitingCount) names wait for the resolver already"
            return (lookup, [.deliver(lookup, .ended(ResolutionError(.queueFull, message)))])
        }
        entries[lookup] = Entry(question: question, fairnessKey: fairnessKey, asked: now)
        return (lookup, grant())
    }

    /// Another fairness key waits for the lookup, perhaps for one that no caller had waited for any more.
    package mutating func add(_ fairnessKey: FairnessKey, to lookup: Lookup) -> [Action] {
        entries[lookup]?.isWanted = true
        queue.add(fairnessKey, to: lookup)
        return grant()
    }

    /// No caller waits for the lookup any more.
    ///
    /// - Returns: whether it is gone; not so when its call runs, which cannot be cancelled.
    package mutating func cancel(_ lookup: Lookup) -> Bool {
        guard entries[lookup] != nil else { return true }
        if queue.cancel(lookup) {
            entries[lookup] = nil
            return true
        }
        entries[lookup]?.isWanted = false
        return false
    }

    /// A caller's timeout for the lookup is about to end it (rule 6).
    ///
    /// A thread inside the call cannot be asked what it has. But where the timeout ended a while ago, the process was
    /// stopped, and a thread whose answer came meanwhile needs a moment to read it.
    ///
    /// - Returns: whether `caughtUp` or `ended` will be told.
    package mutating func catchUp(_ lookup: Lookup, late: Duration, at now: Duration) -> Bool {
        guard let entry = entries[lookup] else { return true }
        guard entry.began != nil, late >= Self.noticeableDelay else { return false }
        catchingUp.append((now + Self.momentToComeBack, lookup))
        return true
    }

    /// A timer that is later than this was held up by something: a good machine's are a tenth of that late.
    private static let noticeableDelay = Duration.milliseconds(5)
    /// A thread that finds its answer in the socket's buffer takes microseconds, once it has a processor.
    private static let momentToComeBack = Duration.milliseconds(50)

    /// A call is on its thread.
    package mutating func began(_ call: Call, at now: Duration) -> [Action] {
        guard let lookup = lookupOfCall[call], var entry = entries[lookup], entry.firstCall == call else { return [] }
        entry.began = now
        let isFirstTime = !entry.hasStarted
        entry.hasStarted = true
        entries[lookup] = entry
        if let secondCallDelay, entry.question.families == .both {
            secondCalls.append((now + secondCallDelay, lookup))
        }
        return isFirstTime ? [.deliver(lookup, .started)] : []
    }

    /// No thread could be had for a call.
    ///
    /// - Parameter message: what the system said.
    package mutating func foundNoThread(for call: Call, _ message: String) -> [Action] {
        if orphans.removeValue(forKey: call) != nil {
            queue.releaseExtraPlace()
            return grant()
        }
        guard let lookup = lookupOfCall.removeValue(forKey: call), var entry = entries[lookup] else { return [] }
        if entry.secondCall == call {
            // The second call was optional; where the first has failed meanwhile, nothing is left to wait for.
            entry.secondCall = nil
            entries[lookup] = entry
            queue.releaseExtraPlace()
            return (entry.firstError.map { end(lookup, $0) } ?? []) + grant()
        }
        entry.firstCall = nil
        entries[lookup] = entry
        guard callCount > 0, entry.isWanted else {
            entries[lookup] = nil
            queue.release(lookup)
            return [.deliver(lookup, .ended(ResolutionError(.noThread, message)))] + grant()
        }
        // Another call has a thread, which will be free when it returns: the lookup waits for it.
        queue.putBack(lookup)
        return []
    }

    /// A call has come back.
    package mutating func returned(
        _ call: Call,
        with result: Result<[IPAddress], ResolutionError>,
        at now: Duration
    ) -> [Action] {
        if orphans.removeValue(forKey: call) != nil {
            queue.releaseExtraPlace()
            return grant()
        }
        guard let lookup = lookupOfCall.removeValue(forKey: call), var entry = entries[lookup] else { return [] }
        let actions: [Action]
        if entry.secondCall == call {
            entry.secondCall = nil
            queue.releaseExtraPlace()
            entries[lookup] = entry
            actions = secondReturned(lookup, entry, result)
        } else {
            entry.firstCall = nil
            queue.release(lookup)
            if case .success = result, let began = entry.began, now - began <= FastNames.limit {
                fastNames.insert(entry.question.key, at: now)
            }
            entries[lookup] = entry
            actions = firstReturned(lookup, entry, result)
        }
        // What has ended needs no second call; most lookups end long before it falls due, and then no thread need be
        // woken.
        while let next = secondCalls.first, entries[next.lookup] == nil { secondCalls.removeFirst() }
        while let next = catchingUp.first, entries[next.lookup] == nil { catchingUp.removeFirst() }
        return actions + grant()
    }

    /// Time has passed: lookups that have been silent for too long get their second call.
    package mutating func advance(to now: Duration) -> [Action] {
        var actions: [Action] = []
        while let next = catchingUp.first, next.due <= now {
            catchingUp.removeFirst()
            if entries[next.lookup] != nil { actions.append(.deliver(next.lookup, .caughtUp)) }
        }
        while let next = secondCalls.first, next.due <= now {
            secondCalls.removeFirst()
            guard var entry = entries[next.lookup], entry.isWanted, entry.firstCall != nil, entry.secondCall == nil,
                queue.takeExtraPlace()
            else { continue }
            let call = makeCall(for: next.lookup)
            entry.secondCall = call
            entries[next.lookup] = entry
            actions.append(.call(call, entry.question.name, .ipv4))
        }
        return actions
    }
}

// MARK: - What follows

@available(FairDial 0.1, *)
extension SystemLookups {
    private mutating func makeCall(for lookup: Lookup) -> Call {
        let call = nextCall
        nextCall += 1
        lookupOfCall[call] = lookup
        return call
    }

    private mutating func grant() -> [Action] {
        var actions: [Action] = []
        while let lookup = queue.grantNext() {
            guard var entry = entries[lookup] else {
                queue.release(lookup)
                continue
            }
            let call = makeCall(for: lookup)
            entry.firstCall = call
            entries[lookup] = entry
            actions.append(.call(call, entry.question.name, entry.question.families))
        }
        return actions
    }

    private mutating func firstReturned(
        _ lookup: Lookup,
        _ entry: Entry,
        _ result: Result<[IPAddress], ResolutionError>
    ) -> [Action] {
        let unsettled = entry.question.families.subtracting(entry.settled)
        switch result {
        case .success(let addresses):
            let fresh = addresses.filter { unsettled.contains($0.family) }
            let answer = LookupResult(
                families: unsettled,
                addresses: fresh,
                isInDestinationOrder: true,
                source: .system
            )
            return [.deliver(lookup, .answered(answer))] + end(lookup, nil)
        case .failure(let error) where entry.secondCall != nil && error.kind != .nameNotFound:
            // The second call may still bring half of the answer.
            entries[lookup]?.firstError = error
            return []
        case .failure(let error) where !entry.settled.isEmpty && error.kind == .nameNotFound:
            // The other family has answers, so the name exists, and has none in this one.
            let nothing = LookupResult(families: unsettled, addresses: [], isInDestinationOrder: true, source: .system)
            return [.deliver(lookup, .answered(nothing))] + end(lookup, nil)
        case .failure(let error):
            return end(lookup, error)
        }
    }

    private mutating func secondReturned(
        _ lookup: Lookup,
        _ entry: Entry,
        _ result: Result<[IPAddress], ResolutionError>
    ) -> [Action] {
        var actions: [Action] = []
        // A "no" is left to the first call, which knows about both families.
        if case .success(let addresses) = result {
            entries[lookup]?.settled.insert(.ipv4)
            let answer = LookupResult(
                families: .ipv4,
                addresses: addresses.filter { $0.family == .ipv4 },
                isInDestinationOrder: true,
                source: .system
            )
            actions.append(.deliver(lookup, .answered(answer)))
        }
        if let error = entry.firstError { actions += end(lookup, error) }
        return actions
    }

    private mutating func end(_ lookup: Lookup, _ error: ResolutionError?) -> [Action] {
        if let entry = entries.removeValue(forKey: lookup), let call = entry.secondCall {
            lookupOfCall[call] = nil
            orphans[call] = Orphan(
                question: entry.question,
                fairnessKey: entry.fairnessKey,
                began: entry.began ?? entry.asked
            )
        }
        return [.deliver(lookup, .ended(error))]
    }
}

// MARK: - The live view

@available(FairDial 0.1, *)
extension SystemLookups {
    /// Every lookup that waits or is inside the call, the oldest first.
    package func snapshot(at now: Duration) -> [SystemLookup] {
        let living = entries.values.map { entry in
            SystemLookup(
                name: entry.question.name,
                families: entry.question.families,
                fairnessKey: entry.fairnessKey,
                stage: entry.began == nil ? .waiting : .inside,
                age: now - (entry.began ?? entry.asked),
                isAbandoned: !entry.isWanted,
                hasSecondCall: entry.secondCall != nil
            )
        }
        let left = orphans.values.map { orphan in
            SystemLookup(
                name: orphan.question.name,
                families: .ipv4,
                fairnessKey: orphan.fairnessKey,
                stage: .inside,
                age: now - orphan.began,
                isAbandoned: true,
                hasSecondCall: true
            )
        }
        return (living + left).sorted { $0.age > $1.age }
    }
}
