// SPDX-License-Identifier: Apache-2.0

/// Who is inside a door and has not shown its secret yet, and which of them goes where there are too many: any user of
/// the machine can reach an HTTP door's port, and each of them costs a descriptor.
///
/// ```
///  came ──► waiting ── shows the secret, or goes ──► left
///              │ a crowd has come behind it
///              └──► turned out, the oldest first
/// ```
/// A client that means well writes its request at once, so one that has been here for a while and has not is no loss.
/// Time is on any clock that all calls share.
@available(FairDial 0.1, *)
struct Strangers<ID: Hashable & Sendable>: Sendable {
    /// From this many on, or where they have half of the door's places, who has had the time to write a request and has
    /// not is turned out.
    static var crowd: Int { 128 }
    /// That time: a client's event loop may be busy for a while between its connection and its request.
    static var patience: Duration { .milliseconds(100) }
    /// Above this many the oldest is turned out however new it is: as many as the kernel's queue holds in front of us,
    /// and an eighth of the process's descriptors at most.
    static var limits: ClosedRange<Int> { 16...1_024 }

    private let crowd: Int
    private let limit: Int
    /// The oldest first.
    private var waiting: [(id: ID, since: Duration)] = []

    /// - Parameters:
    ///   - descriptors: how many the process may have; `nil` where the system does not say.
    ///   - places: how many may be inside the door.
    init(descriptors: Int?, places: Int) {
        limit = min(max((descriptors ?? .max) / 8, Self.limits.lowerBound), Self.limits.upperBound)
        crowd = max(1, min(Self.crowd, limit, places / 2))
    }

    var count: Int { waiting.count }

    /// Someone has come.
    ///
    /// - Returns: who is to be turned out for it.
    mutating func came(_ id: ID, at now: Duration) -> ID? {
        defer { waiting.append((id, now)) }
        guard let oldest = waiting.first else { return nil }
        let isCrowded = waiting.count >= crowd && now - oldest.since >= Self.patience
        guard isCrowded || waiting.count >= limit else { return nil }
        return waiting.removeFirst().id
    }

    /// Someone who was turned out has written, and is let in again behind all others; one more than the limit at most.
    ///
    /// - Returns: whether it is.
    mutating func returned(_ id: ID, at now: Duration) -> Bool {
        guard waiting.count <= limit else { return false }
        waiting.append((id, now))
        return true
    }

    /// There is no place left.
    ///
    /// - Returns: who is to be turned out, so that there is one.
    mutating func makePlace(at now: Duration) -> ID? {
        guard let oldest = waiting.first, now - oldest.since >= Self.patience else { return nil }
        return waiting.removeFirst().id
    }

    /// Someone has shown the secret, or is gone.
    mutating func left(_ id: ID) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index)
    }
}
