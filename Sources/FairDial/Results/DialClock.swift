// SPDX-License-Identifier: Apache-2.0

/// The four clocks of a dial; exactly one runs at any time.
@available(FairDial 0.1, *)
enum DialClock: String, Hashable, Sendable, CaseIterable {
    /// Waiting for a slot in the resolver's queue, or for a descriptor.
    case queue
    /// The lookup runs, and no attempt is in flight.
    case lookup
    /// At least one attempt is in flight.
    case connect
    /// Connected, and not yet ready.
    case handshake
}
