// SPDX-License-Identifier: Apache-2.0

/// A lookup that can say what the list of lookups in flight tells of it (`LookupInFlight`).
@available(FairDial 0.1, *)
package protocol ListedLookup: LookupHandle {
    /// Who looks it up: `system`, `dns`; `nil` where that is not known.
    var source: LookupSource? { get }
}

@available(FairDial 0.1, *)
extension LookupHandle {
    /// The same, where it can say that; `nil` for the lookup of a caller's own resolver.
    package var listed: (any ListedLookup)? { self as? any ListedLookup }
}
