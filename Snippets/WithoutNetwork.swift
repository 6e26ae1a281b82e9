// SPDX-License-Identifier: Apache-2.0

// Run a dialer without a network: names, sockets and the clock do as a test says.

import FairDial
import FairDialTestKit

func dialWithoutNetwork() async throws {
    let script = try ScriptedDialer(
        names: ["db.test": .addresses("192.0.2.1", "192.0.2.2")],
        network: ["192.0.2.1:5432": .hangs, "192.0.2.2:5432": .connects(after: .milliseconds(10))]
    )
    async let dialed = script.dialer.connect(to: "db.test", port: 5432)
    await script.clock.sleepers()  // the dial waits for its timers now
    await script.clock.advance(to: .milliseconds(260))
    let connection = try await dialed  // the second address, after the attempt delay of 250 ms
    print(connection.report, script.network.opened)
}
