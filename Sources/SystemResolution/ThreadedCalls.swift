// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import IPAddresses
import NameResolution
import SystemSupport

/// Calls on threads that may block, and the machine's steady clock.
@available(FairDial 0.1, *)
final class ThreadedCalls: CallRunner {
    private let threads: ResolverThreads
    private let alarm: Alarm
    private let makeCall: SystemResolver.Call
    private let startedAt = ContinuousClock.now

    init(
        _ configuration: SystemResolverConfiguration,
        call: @escaping SystemResolver.Call,
        startThread: @escaping ResolverThreads.Starter
    ) {
        threads = ResolverThreads(
            idleTime: configuration.idleTime,
            stackSize: configuration.stackSize,
            start: startThread
        )
        alarm = Alarm(start: startThread)
        makeCall = call
    }

    var now: Duration { ContinuousClock.now - startedAt }

    var threadCount: Int { threads.count }

    /// On a thread of its own, because it takes a while and no lookup needs to wait for it.
    func makeRoom(forDescriptors count: Int) {
        // Without a thread the room is made when it is needed.
        _ = DetachedThread.start(stackSize: 64 * 1024) { DescriptorTable.makeRoom(for: count) }
    }

    func call(
        _ name: String,
        _ families: AddressFamilies,
        began: @escaping @Sendable () -> Void,
        returned: @escaping @Sendable (Result<[IPAddress], ResolutionError>) -> Void
    ) -> Int32? {
        threads.run { [makeCall] in
            began()
            let result = makeCall(name, families)
                .map { infos in infos.map(\.endpoint.address) }
                .mapError { ResolutionError($0, lookingUp: name) }
            return { returned(result) }
        }
    }

    func wake(at time: Duration?, _ ring: @escaping @Sendable () -> Void) {
        alarm.set(time.map { startedAt + $0 }, ring: ring)
    }
}
