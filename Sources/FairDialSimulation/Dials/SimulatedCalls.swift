// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import SystemResolution

/// `getaddrinfo` in a run: calls that begin and return when chance says, or that find no thread.
final class SimulatedCalls: CallRunner, @unchecked Sendable {
    private let world: SimulatedWorld
    private var ring: (wakes: UInt64, number: UInt64)?
    private var ringCount: UInt64 = 0

    let places: Int
    let kept: Int

    /// How many calls are in flight.
    private(set) var count = 0

    init(in world: SimulatedWorld) {
        self.world = world
        places = world.dice.number(1..<6)
        kept = world.dice.number(0..<3)
    }

    var now: Duration { .nanoseconds(Int64(world.clock.now)) }

    var threadCount: Int { count }

    func makeRoom(forDescriptors count: Int) {}

    func call(
        _ name: String,
        _ families: AddressFamilies,
        began: @escaping @Sendable () -> Void,
        returned: @escaping @Sendable (Result<[IPAddress], ResolutionError>) -> Void
    ) -> Int32? {
        let dice = world.dice
        let noThread: Int32 = 11
        if dice.chance(3) { return noThread }
        count += 1
        if count > places + kept { world.fault("\(count) calls at once") }
        let start = dice.chance(50) ? 0 : dice.milliseconds(0...5)
        world.clock.after(start) {
            self.world.story("getaddrinfo(\(name)) begins")
            began()
            let took: UInt64 =
                switch dice.number(0..<100) {
                case 0..<50: dice.milliseconds(0...20)
                case 50..<80: dice.milliseconds(20...2_000)
                default: dice.milliseconds(2_000...12_000)
                }
            self.world.clock.after(took) {
                self.count -= 1
                let result = self.result(for: name, families)
                self.world.story("getaddrinfo(\(name)) returns \(result)")
                returned(result)
            }
        }
        return nil
    }

    func wake(at time: Duration?, _ ring: @escaping @Sendable () -> Void) {
        guard let time else {
            self.ring = nil
            return
        }
        let wakes = SimulatedClock.nanoseconds(time)
        if let set = self.ring, set.wakes == wakes { return }
        ringCount += 1
        let number = ringCount
        self.ring = (wakes, number)
        world.clock.at(wakes) {
            guard self.ring?.number == number else { return }
            self.ring = nil
            ring()
        }
    }

    private func result(
        for name: String,
        _ families: AddressFamilies
    ) -> Result<[IPAddress], ResolutionError> {
        switch world.dice.number(0..<100) {
        case 0..<78:
            let addresses = world.dice.some(of: SimulatedWorld.addresses.filter { families.contains($0.family) })
            guard !addresses.isEmpty else { return .failure(ResolutionError(.nameNotFound, "no address")) }
            world.announce(addresses, of: name)
            return .success(addresses)
        case 78..<84: return .failure(ResolutionError(.nameNotFound, "no such name"))
        case 84..<90: return .failure(ResolutionError(.temporaryFailure, "the servers are silent"))
        case 90..<95: return .failure(ResolutionError(.noDescriptor, "no descriptor to ask with"))
        default: return .failure(ResolutionError(.failed, "something else"))
        }
    }
}
