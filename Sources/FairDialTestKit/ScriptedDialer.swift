// SPDX-License-Identifier: Apache-2.0

public import FairDial
import NameResolution

/// A dialer without a network: names, sockets and time behave as the test says.
///
/// ```swift
/// let script = try ScriptedDialer(
///     names: ["db.test": .addresses("192.0.2.1", "192.0.2.2")],
///     network: ["192.0.2.1:5432": .hangs, "192.0.2.2:5432": .connects(after: .milliseconds(10))]
/// )
/// async let dialed = script.dialer.connect(to: "db.test", port: 5432)
/// await script.clock.sleepers()                         // the dial waits for its timers now
/// await script.clock.advance(to: .milliseconds(260))    // everything that falls due has happened when this returns
/// let connection = try await dialed
/// ```
@available(FairDial 0.1, *)
public struct ScriptedDialer: Sendable {
    /// The time of everything here; it stands still until the test moves it.
    public let clock: ManualClock

    /// What becomes of attempts to connect.
    public let network: ScriptedNetwork

    /// What becomes of lookups.
    public let names: ScriptedNames

    /// The dialer: all of it is the code that ships, except for the sockets, the names and the clock.
    public let dialer: Dialer

    /// - Parameters:
    ///   - names: how the lookup of each name goes; others do not exist.
    ///   - network: what becomes of attempts to each `address:port`, `[address]:port` or `/path`; others fail
    ///     at once, and say that there is no script.
    ///   - configuration: timeouts, race, policy and the like; its resolver and its loops are replaced.
    /// - Throws: `DialError` with the code `invalidTarget` for a text that is no address and port.
    public init(
        names: [String: ScriptedNames.Script] = [:],
        network: [String: ScriptedNetwork.Fate] = [:],
        configuration: DialerConfiguration = DialerConfiguration()
    ) throws(DialError) {
        let clock = ManualClock()
        self.clock = clock
        self.network = try ScriptedNetwork(on: clock, reaching: network)
        self.names = ScriptedNames(on: clock, names)
        var configuration = configuration
        configuration.use(self.network)
        configuration.resolver = NameResolver(self.names, localNames: nil)
        dialer = Dialer(configuration)
    }

    /// The dials that a test is done with have left nothing behind: no socket is open, none is watched, and no call was
    /// one that no driver should make.
    public var isClean: Bool {
        network.open.isEmpty && network.watchCount == 0 && network.wrongs.isEmpty
    }
}

@available(FairDial 0.1, *)
extension DialerConfiguration {
    /// Dials in a script's network, on its clock, instead of the kernel's.
    public mutating func use(_ network: ScriptedNetwork) {
        connector = network
        group = network.clock.loop
    }
}
