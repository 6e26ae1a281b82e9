// SPDX-License-Identifier: Apache-2.0

import FairDial

/// Everything between a client's coming and its tunnel: the head of its request, the secret, the dial.
///
/// ```
///            head complete, secret shown          dialed
///  head ───────────────────────────────► dialing ───────► over (splice)
///    │ wrong, too long, too late            │ failed, closing
///    └────────► hanging up ◄────────────────┘
///                  │ client has ended, or its time is over
///                  └──► over
/// ```
/// A door with a fixed target begins with `dialing`, and has no answers to give. Call `begin` first; then events in any
/// order, early and late ones too. Time is what has passed since the connection came.
@available(FairDial 0.1, *)
struct Handshake: Sendable {
    /// Which way the client comes in.
    enum Way: Sendable {
        /// It asks by CONNECT, and shows the secret.
        case http(DoorSecret, headTimeout: Duration)
        /// Everything goes to one target.
        case fixed(Target)
    }

    enum Action: Sendable {
        /// Read from the client.
        case read
        case dial(Target)
        case cancelDial
        /// Write this to the client.
        case answer(DoorAnswer)
        /// Send the client what is written, and the end: closing at once would turn the answer into a reset where the
        /// client has sent more.
        case endOutput
        /// Splice from now on; first what the client has sent already goes to the target.
        case splice(early: [UInt8], clientHasEnded: Bool)
        /// Close the client's connection.
        case close
    }

    private enum State: Sendable {
        case head(searched: Int)
        case dialing
        case hangingUp(until: Duration)
        case over
    }

    /// What is kept of a client that talks before its tunnel stands, in bytes; then it is not read until it does.
    static let earlyLimit = 65_536
    /// How long a client that was refused may take to hang up.
    static let patience = Duration.seconds(1)

    private let way: Way
    private var state: State
    /// The head and what is behind it; behind the head alone once that is read.
    private var bytes: [UInt8] = []
    private var clientHasEnded = false
    /// Whether the client is one that may be here: over HTTP it has shown the secret.
    private(set) var isKnown: Bool

    init(_ way: Way) {
        self.way = way
        if case .http = way { state = .head(searched: 0) } else { state = .dialing }
        if case .fixed = way { isKnown = true } else { isKnown = false }
    }

    /// When to call `advance(to:)`; `nil` when the time does not matter.
    var wakeTime: Duration? {
        switch (state, way) {
        case (.head, .http(_, let timeout)): min(max(timeout, .milliseconds(1)), .seconds(60))
        case (.hangingUp(let end), _): end
        case (.head, .fixed), (.dialing, _), (.over, _): nil
        }
    }

    /// How many of the client's bytes are kept.
    var kept: Int { bytes.count }

    private var speaksHTTP: Bool {
        if case .http = way { true } else { false }
    }

    /// The connection is there.
    func begin() -> [Action] {
        switch way {
        case .http: [.read]
        case .fixed(let target): [.dial(target), .read]
        }
    }

    /// The client has sent something.
    mutating func received(_ more: some Sequence<UInt8>, at now: Duration) -> [Action] {
        switch state {
        case .head(let searched):
            bytes.append(contentsOf: more)
            if let end = ConnectHead.end(in: bytes, searched: searched), end <= ConnectHead.limit {
                let head = Array(bytes[..<end])
                bytes.removeFirst(end)
                return request(head, at: now)
            }
            guard bytes.count < ConnectHead.limit else { return refuse(.headTooLong, at: now) }
            state = .head(searched: bytes.count)
            return [.read]
        case .dialing:
            bytes.append(contentsOf: more)
            return bytes.count < Self.earlyLimit ? [.read] : []
        // Dropped, until the client has read the answer and hangs up.
        case .hangingUp: return [.read]
        case .over: return []
        }
    }

    /// The client will send nothing more.
    mutating func clientEnded() -> [Action] {
        clientHasEnded = true
        switch state {
        // Nobody waits for an answer who hangs up before it.
        case .head, .hangingUp: return end(with: [.close])
        case .dialing: return speaksHTTP ? end(with: [.cancelDial, .close]) : []
        case .over: return []
        }
    }

    /// The client's connection is gone.
    mutating func clientGone() -> [Action] {
        if case .dialing = state { return end(with: [.cancelDial]) }
        return end(with: [])
    }

    /// The target is connected.
    ///
    /// - Returns: nothing where nobody wants the connection any more: then close it.
    mutating func dialed() -> [Action] {
        guard case .dialing = state else { return [] }
        let splice = Action.splice(early: bytes, clientHasEnded: clientHasEnded)
        return end(with: speaksHTTP ? [.answer(.established), splice] : [splice])
    }

    mutating func dialFailed(_ error: DialError, at now: Duration) -> [Action] {
        guard case .dialing = state else { return [] }
        return refuse(.failed(error), at: now)
    }

    /// The time has come that `wakeTime` said; at any other, nothing happens.
    mutating func advance(to now: Duration) -> [Action] {
        guard let wakeTime, now >= wakeTime else { return [] }
        if case .hangingUp = state { return end(with: [.close]) }
        return refuse(.headTimeout, at: now)
    }

    /// The door is being closed.
    ///
    /// - Parameter limit: how long the client may take to read the answer and to hang up; no time to close at once.
    mutating func shutDown(at now: Duration, within limit: Duration = patience) -> [Action] {
        switch state {
        case .head: return refuse(.closing, at: now, within: limit)
        case .dialing: return [.cancelDial] + refuse(.closing, at: now, within: limit)
        case .hangingUp(let end):
            guard limit > .zero else { return self.end(with: [.close]) }
            state = .hangingUp(until: min(end, now + min(limit, Self.patience)))
            return []
        case .over: return []
        }
    }

    /// Whether it is waited for what the client asks for.
    var mayBeTurnedOut: Bool {
        if case .head = state { !isKnown } else { false }
    }

    /// Others who have not shown the secret either have come, and have the place now.
    mutating func turnOut() -> [Action] {
        guard !isKnown else { return [] }
        switch state {
        case .head: return end(with: [.answer(.full), .close])
        case .hangingUp: return end(with: [.close])
        case .dialing, .over: return []
        }
    }

    private mutating func request(_ bytes: [UInt8], at now: Duration) -> [Action] {
        guard case .http(let secret, _) = way else { return [] }
        let target: Target
        do throws(ConnectHead.Fault) {
            let head = try ConnectHead(bytes)
            guard head.authorizations.count == 1, secret.isShown(by: head.authorizations[0]) else {
                return refuse(.unauthorized, at: now)
            }
            isKnown = true
            guard head.method == "CONNECT" else { return refuse(.otherMethod, at: now) }
            do throws(DialError) {
                target = try head.target()
            } catch {
                return refuse(.failed(error), at: now)
            }
        } catch {
            return refuse(.malformed(error.words), at: now)
        }
        state = .dialing
        // It is read on: so a client that hangs up is noticed.
        return [.dial(target), .read]
    }

    private mutating func refuse(
        _ answer: DoorAnswer,
        at now: Duration,
        within limit: Duration = patience
    ) -> [Action] {
        guard speaksHTTP else { return end(with: [.close]) }
        guard limit > .zero else { return end(with: [.answer(answer), .close]) }
        bytes = []
        state = .hangingUp(until: now + min(limit, Self.patience))
        return [.answer(answer), .endOutput, .read]
    }

    private mutating func end(with actions: [Action]) -> [Action] {
        state = .over
        bytes = []
        return actions
    }
}
