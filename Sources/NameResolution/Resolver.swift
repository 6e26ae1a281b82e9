// SPDX-License-Identifier: Apache-2.0

/// Looks names up: the system's resolver, a DNS resolver, a script in a test.
///
/// A resolver need not share look-ups, read the hosts file or parse numeric hosts: `NameResolver` stands in front of it
/// and does.
public protocol Resolver: Sendable {
    /// Starts a look-up and returns at once.
    ///
    /// - Parameters:
    ///   - question: the name and the families wanted.
    ///   - asker: on whose behalf; places in a bounded line are shared out by it.
    ///   - receive: called with each event, in order, one at a time, on any thread, perhaps before `lookUp` returns.
    ///     It must not block.
    /// - Returns: the look-up under way. Dropping it does not end it; `withdraw` does.
    func lookUp(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupUnderWay

    /// The whole answer, where it is known without asking anybody; `nil` where it is not. It must not block.
    func knownAnswer(to question: LookupQuestion) -> LookupAnswer?

    /// Which configuration a look-up that begins now follows: another number whenever that has changed.
    ///
    /// Only look-ups of one generation are shared: who asks after a change must not wait for a server that is no longer
    /// configured.
    var generation: UInt64 { get }
}

extension Resolver {
    /// Nothing is known: a resolver without a cache has to ask.
    public func knownAnswer(to question: LookupQuestion) -> LookupAnswer? { nil }

    /// A resolver whose configuration never changes, or that does not know, has one generation: 0.
    public var generation: UInt64 { 0 }
}
