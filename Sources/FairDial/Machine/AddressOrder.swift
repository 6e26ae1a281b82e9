// SPDX-License-Identifier: Apache-2.0

/// What a dial puts addresses into order by, beside the rules of RFC 6724.
@available(FairDial 0.1, *)
struct AddressOrder: Sendable {
    /// What this machine knows of the way to an address.
    let routes: any Routes
    /// What is remembered of earlier attempts; `nil` without a memory.
    let memory: OutcomeMemory?
    /// The random source that rotates addresses of equal rank; `nil` to leave them as they are.
    let spread: RandomSource?

    init(routes: any Routes, memory: OutcomeMemory? = nil, spread: RandomSource? = nil) {
        self.routes = routes
        self.memory = memory
        self.spread = spread
    }
}
