// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore

/// What a hostile server does about queries, wherever they come from: counts them, and carries the acts out.
@available(FairDial 0.1, *)
struct HostileDNSConversation: Sendable {
    let behave: HostileDNSServer.Behaviour
    let count: NIOLockedValueBox<Int>

    /// Does what the behaviour says about one query.
    ///
    /// - Parameter carryOut: does one act, on the loop.
    func read(
        _ bytes: [UInt8],
        isStream: Bool,
        on loop: any EventLoop,
        _ carryOut: @escaping @Sendable (HostileDNSServer.Act.Kind) -> Void
    ) {
        let number = count.withLockedValue { count in
            defer { count += 1 }
            return count
        }
        let query = HostileDNSServer.Query(message: try? Message(bytes), isStream: isStream, number: number)
        for act in behave(query) {
            if act.delay > .zero {
                loop.scheduleTask(in: .nanoseconds(act.delay.boundedNanoseconds)) { carryOut(act.kind) }
            } else {
                carryOut(act.kind)
            }
        }
    }
}
