// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDialTestKit
import NIOCore

/// The machine of a run, as a DNS resolver sees it.
struct SimulatedMachine: ResolverMachine, @unchecked Sendable {
    let internet: SimulatedInternet
    let sockets = SocketCensus()
    let streamLedger = StreamLedger()

    var now: NIODeadline { .uptimeNanoseconds(internet.run.clock.now) }

    var coarseNow: NIODeadline { now }

    func watchNetwork() -> @Sendable () -> Bool {
        let internet = internet
        return { internet.takeMove() }
    }

    func makeGenerator() -> any RandomNumberGenerator & Sendable {
        SeededGenerator(seed: internet.run.dice.next())
    }

    func freeDescriptors(upTo wanted: Int) -> Int { wanted }

    func makeDatagrams() -> any DatagramTransport {
        let datagrams = SimulatedDatagrams(on: internet)
        internet.datagrams.append(datagrams)
        return datagrams
    }
}
