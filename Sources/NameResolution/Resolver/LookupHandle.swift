// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// A lookup that a resolver has accepted.
@available(FairDial 0.1, *)
public protocol LookupHandle: Sendable {
    /// Another fairness key waits for the same answer: the lookup may move up to the best slot that either is owed.
    func join(_ fairnessKey: FairnessKey)

    /// The caller does not wait for the answer any more.
    ///
    /// - Returns: `true` when the lookup is gone and no more events come; `false` when it cannot be cancelled (a thread
    ///   is inside `getaddrinfo`), stays in flight, and will still report its answer.
    func cancel() -> Bool

    /// The caller's timeout is about to end the lookup: what has come by now is to be read first (rule 6: whatever has
    /// arrived is read before a clock counts).
    ///
    /// It must not block. The answers that had come are told before `caughtUp`.
    ///
    /// - Parameter late: how long ago the timeout ended. That may be long, where the process was stopped meanwhile.
    /// - Returns: whether `caughtUp`, or `ended`, will be told; `false` where nothing can be known but what has been
    ///   told.
    func catchUp(late: Duration) -> Bool

    /// The DNS servers that have been asked and have not answered yet, for an error's text; none where that is not
    /// known.
    var silentServers: [Endpoint] { get }

    /// `LookupInFlight.id` of the lookup; `nil` where it is in no list, or has ended. Callers that share a lookup are
    /// told the same one.
    var id: UInt64? { get }
}

@available(FairDial 0.1, *)
extension LookupHandle {
    /// Does nothing: a resolver without a queue has no slots to give.
    public func join(_ fairnessKey: FairnessKey) {}

    /// There is nothing to read: a resolver of this kind tells what it knows as it comes.
    public func catchUp(late: Duration) -> Bool { false }

    /// Not known.
    public var silentServers: [Endpoint] { [] }

    /// In no list.
    public var id: UInt64? { nil }
}
