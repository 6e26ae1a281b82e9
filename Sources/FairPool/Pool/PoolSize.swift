// SPDX-License-Identifier: Apache-2.0

/// How a pool stands, in the words of an error.
@available(FairDial 0.1, *)
struct PoolSize: Sendable, CustomStringConvertible {
    private let counts: (idle: Int, inUse: Int, connecting: Int, waiting: Int)
    private let checking: Int
    private let lookingUp: Int

    init(of machine: PoolMachine) {
        counts = machine.counts
        checking = machine.checking
        lookingUp = machine.lookingUp
    }

    /// `3 in use, 1 connecting, 1 checking, 1 in lookup, 7 waiting`.
    var description: String {
        let checks = checking == 0 ? "" : ", \(checking) checking"
        let names = lookingUp == 0 ? "" : ", \(lookingUp) in lookup"
        return "\(counts.inUse) in use, \(counts.connecting) connecting\(checks)\(names), \(counts.waiting) waiting"
    }
}
