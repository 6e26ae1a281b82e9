// SPDX-License-Identifier: Apache-2.0

/// A resolver that knows answers without a lookup, whose configuration may change, or that has others look names up:
/// `NameResolver` asks it for all of that at once, before it shares a lookup.
@available(FairDial 0.1, *)
package protocol KnowingResolver: AddressResolver {
    /// What is known now. It must not block.
    func standing(on question: LookupQuestion) -> ResolverStanding

    /// The resolver that reads the hosts file itself: asked where that is too large for us. `nil` where there is none.
    var filesResolver: (any AddressResolver)? { get }
}

/// What a resolver knows before a lookup begins.
@available(FairDial 0.1, *)
package struct ResolverStanding: Sendable {
    /// The whole answer, where it is known without a lookup.
    package let known: LookupResult?

    /// Which configuration a lookup that begins now follows: another number whenever that has changed.
    ///
    /// Only lookups of one generation are shared: a caller that asks after a change must not wait for a server that is
    /// no longer configured.
    package let generation: UInt64

    /// The resolver that does a lookup which begins now; `nil` for the resolver that gives this standing.
    package let resolver: (any AddressResolver)?

    /// What is known, from its parts.
    package init(known: LookupResult?, generation: UInt64, resolver: (any AddressResolver)? = nil) {
        self.known = known
        self.generation = generation
        self.resolver = resolver
    }
}

@available(FairDial 0.1, *)
extension KnowingResolver {
    /// Nothing is known, and the configuration never changes, or nobody knows.
    package func standing(on question: LookupQuestion) -> ResolverStanding {
        ResolverStanding(known: nil, generation: 0)
    }

    /// None: most resolvers leave the hosts file to the one in front of them.
    package var filesResolver: (any AddressResolver)? { nil }
}
