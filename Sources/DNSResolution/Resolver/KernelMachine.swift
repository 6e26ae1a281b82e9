// SPDX-License-Identifier: Apache-2.0

import CSockets
import NIOCore
import NameResolution
import SystemSupport

/// The machine that this process runs on.
@available(FairDial 0.1, *)
struct KernelMachine: ResolverMachine {
    var now: NIODeadline { .now() }

    var coarseNow: NIODeadline { .uptimeNanoseconds(UInt64(max(0, fairdial_coarse_nanoseconds()))) }

    func watchNetwork() -> @Sendable () -> Bool {
        let watch = NetworkWatch()
        return { watch.hasChanged() }
    }

    func makeGenerator() -> any RandomNumberGenerator & Sendable { EntropyBuffer() }

    func freeDescriptors(upTo wanted: Int) -> Int { FreeDescriptors.count(upTo: wanted) }

    var sockets: SocketCensus { .process }

    var streamLedger: StreamLedger { .process }

    func makeDatagrams() -> any DatagramTransport { KernelDatagrams() }
}
