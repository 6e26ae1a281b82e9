// SPDX-License-Identifier: Apache-2.0

extension [ServerDescription] {
    /// Of two servers drawn at random the one that has less to do; `nil` of none.
    ///
    /// - Parameter load: how many operations a server has to do.
    /// - Source: the drivers' specification "Server Selection", where it speaks of the latency window.
    func lessBusyOfTwo(
        using random: inout some RandomNumberGenerator,
        _ load: (ServerAddress) -> Int
    ) -> ServerDescription? {
        guard count > 1 else { return first }
        let one = Int.random(in: 0..<count, using: &random)
        // Never the same twice, or the busier one would be taken after all.
        let other = Int.random(in: 0..<count - 1, using: &random)
        let (first, second) = (self[one], self[other < one ? other : other + 1])
        return load(first.address) <= load(second.address) ? first : second
    }
}
