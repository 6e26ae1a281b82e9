// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import SystemSupport

@testable import FairDial

extension DialQuestion {
    /// A question about `db.test:80`: queue 30 s, lookup 5 s, connect 2 s, handshake 1 s unless it says otherwise.
    static func about(
        _ name: String? = "db.test",
        goal: Goal = .channel,
        families: AddressFamilies = .both,
        timeouts: FilledTimeouts = FilledTimeouts(
            queue: .seconds(30),
            lookup: .seconds(5),
            connect: .seconds(2),
            handshake: .seconds(1)
        ),
        deadline: Duration? = nil,
        policy: AddressPolicy? = nil,
        awaitsReadiness: Bool = false,
        tellsStart: Bool = false,
        tellsEarlyAnswer: Bool = false,
        awaitsAdmission: Bool = false
    ) throws -> DialQuestion {
        DialQuestion(
            target: try Target(host: name ?? "192.0.2.1", port: 80),
            goal: goal,
            lookup: name.map { LookupQuestion(name: $0, families: families) },
            timeouts: timeouts,
            deadline: deadline,
            policy: policy,
            awaitsReadiness: awaitsReadiness,
            tellsStart: tellsStart,
            tellsEarlyAnswer: tellsEarlyAnswer,
            awaitsAdmission: awaitsAdmission
        )
    }
}

extension LookupResult {
    /// The system's answer for these families.
    static func system(_ addresses: [IPAddress], settling families: AddressFamilies = .both) -> LookupResult {
        LookupResult(families: families, addresses: addresses, isInDestinationOrder: true, source: .system)
    }
}

extension Dial {
    /// A lookup's answer comes, after which these are known in all.
    mutating func answered(
        _ answer: LookupResult,
        all destinations: [Destination],
        at now: Duration
    ) -> ActionList<DialAction> {
        var answer = answer
        answer.addresses = destinations.compactMap { $0.endpoint?.address }
        return told(.answered(answer), of: .first, at: now, toldAt: now)
    }
}
