// SPDX-License-Identifier: Apache-2.0

/// A look-up that a resolver has accepted.
public protocol LookupUnderWay: Sendable {
    /// Another asker waits for the same answer: the look-up may move up to the best place that either is owed.
    func join(_ asker: Asker)

    /// Nobody waits for the answer any more.
    ///
    /// - Returns: `true` when the look-up is gone and no more events come; `false` when it cannot be called back (a
    ///   thread is inside `getaddrinfo`), stays under way, and will still report its answer.
    func withdraw() -> Bool

    /// Somebody is about to say that the look-up's time is up: whatever has come by now is to be read first (rule 6).
    ///
    /// It must not block. The answers that had come are told before `caughtUp`.
    ///
    /// - Parameter late: for how long the time has been up by now: as long, perhaps, as the process stood still.
    /// - Returns: whether `caughtUp`, or `ended`, will be told; `false` where nothing can be known but what has been
    ///   told.
    func catchUp(late: Duration) -> Bool
}

extension LookupUnderWay {
    /// Does nothing: a resolver without a line has no places to give.
    public func join(_ asker: Asker) {}

    /// Nothing is on the way that could be read: a resolver of this kind tells what it knows as it comes.
    public func catchUp(late: Duration) -> Bool { false }
}
