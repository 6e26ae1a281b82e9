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
}

extension LookupUnderWay {
    /// Does nothing: a resolver without a line has no places to give.
    public func join(_ asker: Asker) {}
}
