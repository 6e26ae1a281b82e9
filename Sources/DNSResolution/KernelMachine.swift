// SPDX-License-Identifier: Apache-2.0

import CFairDial
import NIOCore

/// The machine that this process runs on.
struct KernelMachine: ResolverMachine {
    var now: NIODeadline { .now() }

    var coarseNow: NIODeadline { .uptimeNanoseconds(UInt64(max(0, fairdial_coarse_nanoseconds()))) }

    func watchNetwork() -> @Sendable () -> Bool {
        let watch = NetworkWatch()
        return { watch.hasChanged() }
    }

    func makeGenerator() -> any RandomNumberGenerator & Sendable { EntropyBuffer() }

    func makeDatagrams() -> any DatagramTransport { KernelDatagrams() }
}
