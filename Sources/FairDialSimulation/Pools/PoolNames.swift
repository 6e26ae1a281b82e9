// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import IPAddresses

/// What names lead to in a pool's run, and how dials of their addresses go.
struct PoolNames {
    let dice: Dice

    /// The addresses that a run's names may have.
    static let endpoints: [Endpoint] = [
        "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::1", "2001:db8::2",
    ].map { text in
        guard let address = try? IPAddress(text) else { preconditionFailure("\(text) is an address") }
        return Endpoint(address: address, port: 5_432)
    }

    /// How a lookup ends; `nil` for a failure.
    func answer() -> PoolAnswer? {
        if dice.chance(15) { return nil }
        return PoolAnswer(
            dice.some(of: Self.endpoints),
            lifetime: dice.chance(20) ? nil : .milliseconds(dice.number(0..<2_500)),
            silent: dice.chance(85) ? [] : dice.chance(50) ? .ipv4 : .ipv6,
            isFixed: dice.chance(3)
        )
    }

    /// Where a dial that tries these comes out, and what became of those before.
    func winner(of order: [Endpoint]) -> (endpoint: Endpoint?, attempts: [AttemptReport]) {
        guard !order.isEmpty else { return (dice.chance(90) ? dice.pick(Self.endpoints) : nil, []) }
        let place = dice.chance(75) ? 0 : dice.number(0..<order.count)
        let before = order[..<place].map { attempt($0, dice.chance(60) ? .refused : .abandoned) }
        return (order[place], before + [attempt(order[place], .connected)])
    }

    /// What became of the addresses of a dial that has failed: mostly all have, or one's handshake.
    func failures(of order: [Endpoint]) -> [AttemptReport] {
        guard let first = order.first else { return [] }
        if dice.chance(30) { return [attempt(first, .connected)] }
        return dice.chance(90) ? order.map { attempt($0, .refused) } : []
    }

    private func attempt(_ endpoint: Endpoint, _ outcome: AttemptReport.Outcome) -> AttemptReport {
        AttemptReport(destination: .internet(endpoint), started: .zero, ended: .zero, outcome: outcome)
    }
}
