// SPDX-License-Identifier: Apache-2.0

/// A lookup that can say what the list of lookups in flight tells of it (`LookupInFlight`).
@available(FairDial 0.1, *)
package protocol ListedLookup: LookupHandle {
    /// Who looks it up: `system`, `dns`; `nil` where that is not known.
    var source: LookupSource? { get }

    /// `LookupInFlight.id` of the lookup; `nil` where it is in no list, or has ended. Callers that share a lookup are
    /// told the same one.
    var id: UInt64? { get }
}

@available(FairDial 0.1, *)
extension ListedLookup {
    /// In no list: `NameResolver` gives the ids.
    package var id: UInt64? { nil }
}

@available(FairDial 0.1, *)
extension LookupHandle {
    /// The same, where it can say that; `nil` for the lookup of a caller's own resolver.
    package var listed: (any ListedLookup)? { self as? any ListedLookup }
}
