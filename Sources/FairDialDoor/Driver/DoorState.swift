// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers
import NIOCore
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the passages of a door share: who is inside, and what went wrong last.
@available(FairDial 0.1, *)
final class DoorState: Sendable {
    /// What becomes of one who has come.
    enum Admission {
        case admitted
        /// Turned away, with this word or none.
        case refused(DoorAnswer?)
    }

    private typealias Inside = (loop: any EventLoop, passage: NIOLoopBound<Passage>)

    private struct State: Sendable {
        var passages: [ObjectIdentifier: Inside] = [:]
        var counts = DoorCounts()
        var errors = RecentErrors()
        var isClosing = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var strangers: Strangers<ObjectIdentifier>
        /// How many of those inside have no connection to their target yet, and may still get one.
        var owed = 0
        /// On their way out; their places are others' already.
        var turnedOut: Set<ObjectIdentifier> = []
        /// One for each loop, as long as a passage uses it.
        var pipes: [ObjectIdentifier: UsedPipe] = [:]

        mutating func turnOut(_ id: ObjectIdentifier?) -> Inside? {
            guard let id, let inside = passages[id] else { return nil }
            turnedOut.insert(id)
            counts.open -= 1
            return inside
        }
    }

    private struct UsedPipe: Sendable {
        weak let pipe: KernelPipe?
    }

    /// How much longer than it lets splices go on a closing door waits for its passages.
    private static let grace = Duration.seconds(5)

    /// The descriptor in the middle of those that there may be: while it is free, so are half of them, or nearly.
    private let middle: CInt
    let way: Handshake.Way
    let dialer: Dialer
    let configuration: DoorConfiguration
    private let visitors: Visitors
    private let state: NIOLockedValueBox<State>

    init(_ way: Handshake.Way, _ visitors: Visitors, _ dialer: Dialer, _ configuration: DoorConfiguration) {
        self.way = way
        self.visitors = visitors
        self.dialer = dialer
        self.configuration = configuration
        let places = max(1, configuration.maxConnections)
        let descriptors = FreeDescriptors.limit
        middle = CInt(clamping: (descriptors ?? .max) / 2)
        let strangers = Strangers<ObjectIdentifier>(descriptors: descriptors, places: places)
        state = NIOLockedValueBox(State(strangers: strangers))
    }

    var counts: DoorCounts { state.withLockedValue { $0.counts } }

    // MARK: - Coming and going

    /// Whether one more may be accepted.
    func room() -> AcceptRoom {
        // One call tells where there is no need to count: low numbers are given out first.
        guard fcntl(middle, F_GETFD) >= 0 else { return .plenty }
        let owed = state.withLockedValue { $0.owed }
        return AcceptRoom(free: FreeDescriptors.count(upTo: AcceptRoom.wanted(owed: owed)), owed: owed)
    }

    /// One that was let in is connected to its target, or will not be: it is owed no descriptor any more.
    func settled() {
        state.withLockedValue { $0.owed -= 1 }
    }

    /// Decides on one who has come, on its loop.
    func admit(_ passage: Passage, from channel: any Channel, on loop: any EventLoop) -> Admission {
        let limit = max(1, configuration.maxConnections)
        let entry = NIOLoopBound(passage, eventLoop: loop)
        let isStranger = if case .http = way { true } else { false }
        // To look whose it is may cost more than all else: not where it cannot come in anyway.
        let isLate = !isStranger && state.withLockedValue { $0.isClosing || $0.counts.open >= limit }
        let isWelcome = !isLate && visitors.admit(channel)
        let now = Duration.nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
        let (admission, turnedOut) = state.withLockedValue { state -> (Admission, [Inside]) in
            var turnedOut: [Inside] = []
            if isWelcome, !state.isClosing, state.counts.open >= limit,
                let oldest = state.turnOut(state.strangers.makePlace(at: now))
            {
                turnedOut.append(oldest)
            }
            guard isWelcome, !state.isClosing, state.counts.open < limit else {
                state.counts.refused += 1
                guard isWelcome, isStranger else { return (.refused(nil), []) }
                return (.refused(state.isClosing ? .closing : .full), [])
            }
            state.passages[ObjectIdentifier(passage)] = (loop, entry)
            state.counts.open += 1
            state.counts.accepted += 1
            state.owed += 1
            if isStranger, let oldest = state.turnOut(state.strangers.came(ObjectIdentifier(passage), at: now)) {
                turnedOut.append(oldest)
            }
            return (.admitted, turnedOut)
        }
        for (loop, passage) in turnedOut { loop.execute { passage.value.turnOut() } }
        return admission
    }

    /// One has shown the secret.
    func knows(_ passage: Passage) {
        state.withLockedValue { state in
            state.strangers.left(ObjectIdentifier(passage))
            // It was to be turned out, and has said the word before it was told.
            if state.turnedOut.remove(ObjectIdentifier(passage)) != nil { state.counts.open += 1 }
        }
    }

    /// One that was to be turned out has written already, and its loop has not come to read it. Where every place is
    /// taken, it has come too late: the new one has its place.
    ///
    /// - Returns: whether it may stay.
    func takesBack(_ passage: Passage) -> Bool {
        let now = Duration.nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
        return state.withLockedValue { state in
            let id = ObjectIdentifier(passage)
            guard !state.isClosing, state.counts.open < max(1, configuration.maxConnections),
                state.turnedOut.contains(id), state.strangers.returned(id, at: now)
            else { return false }
            state.turnedOut.remove(id)
            state.counts.open += 1
            return true
        }
    }

    /// One has gone, with all that was made for it; also one that was never let in.
    func left(_ passage: Passage) {
        let waiting = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
            guard state.passages.removeValue(forKey: ObjectIdentifier(passage)) != nil else { return [] }
            state.strangers.left(ObjectIdentifier(passage))
            if state.turnedOut.remove(ObjectIdentifier(passage)) == nil { state.counts.open -= 1 }
            guard state.passages.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Lets nobody in any more, and ends those inside: splices after this time, all others at once. Returns when all
    /// have gone.
    func shutDown(within limit: Duration) async {
        let limit = limit.bounded
        let passages = state.withLockedValue { state in
            state.isClosing = true
            return Array(state.passages.values)
        }
        for (loop, passage) in passages {
            loop.execute { passage.value.shutDown(within: limit) }
        }
        // A loop that was shut down under its passages may never tell that they have gone.
        let bound = Task {
            try await Task.sleep(for: limit + Self.grace)
            self.stopWaiting()
        }
        defer { bound.cancel() }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLockedValue { state in
                if !state.passages.isEmpty { state.waiting.append(continuation) }
                return state.passages.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    private func stopWaiting() {
        let waiting = state.withLockedValue { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// What moves bytes inside the kernel for all passages on a loop; `nil` where there is none.
    func pipe(for loop: any EventLoop) -> KernelPipe? {
        state.withLockedValue { state in
            if let pipe = state.pipes[ObjectIdentifier(loop)]?.pipe { return pipe }
            let pipe = KernelPipe()
            state.pipes[ObjectIdentifier(loop)] = pipe.map(UsedPipe.init)
            return pipe
        }
    }

    // MARK: - Errors

    /// - Parameter target: `nil` for what can be no target.
    func keep(_ error: DialError, of target: Target?) {
        state.withLockedValue { $0.errors.keep(error, of: target) }
    }

    func error(for target: Target) -> DialError? { state.withLockedValue { $0.errors.error(for: target) } }

    var lastError: DialError? { state.withLockedValue { $0.errors.latest } }
}
