// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution

@testable import FairDial

/// A dialer on a manual clock, in a network and before a resolver that do what the test says.
struct ScriptedWorld {
    let clock = ManualClock()
    let network: ScriptedNetwork
    let resolver: ScriptedResolver
    let dialer: Dialer

    /// - Parameters:
    ///   - fates: what becomes of attempts to each destination; the others hang.
    ///   - addresses: what `db.test` has without a lookup; `nil` to have it looked up.
    init(
        _ fates: [Destination: ScriptedNetwork.Fate] = [:],
        addresses: [IPAddress]? = nil,
        canCancel: Bool = true,
        memory: OutcomeMemory? = nil,
        policy: AddressPolicy? = nil
    ) {
        network = ScriptedNetwork(on: clock, fates)
        resolver = ScriptedResolver(canCancel: canCancel)
        var configuration = DialerConfiguration()
        configuration.connector = network
        configuration.resolver = NameResolver(resolver, localNames: nil)
        configuration.group = clock.loop
        configuration.memory = memory
        configuration.policy = policy
        if let addresses { configuration.overrides = ["db.test": addresses] }
        dialer = Dialer(configuration)
    }

    /// Whether nothing was left behind: no socket open but those, no watch, no call that should not have been.
    func isClean(open: [Destination] = []) -> Bool {
        network.open == open && network.watchCount == 0 && network.wrongs == []
    }
}
