// SPDX-License-Identifier: Apache-2.0

import IPAddresses

@available(FairDial 0.1, *)
extension DialDriver {
    /// Tells an observer how the dial has ended.
    @inline(never)
    func tell(_ observation: DialObservation, _ ending: DialAction.Ending) {
        let outcome: ObservedDial.Outcome
        switch ending {
        case .failed(let error): outcome = .failed(error)
        case .answered: outcome = .resolved(allowedAddresses(ending.report))
        case .connected(let destination, _):
            let record = dial.winningRecord(of: destination)
            outcome = .connected(DialWinner(destination, of: plan.question.target, record))
        }
        observation.ended(
            as: outcome,
            ending.report,
            after: now,
            lookedUp: plan.question.lookup != nil,
            awaitedTLS: awaitsTLS
        )
    }

    /// For how much longer the answer may be used; `nil` where no zone has said.
    var timeToLive: Duration? { dial.expires.map { max(.zero, $0 - now) } }

    func tellEarlyAnswer() {
        let report = dial.report
        plan.onEarlyAnswer?(allowedAddresses(report), report, timeToLive)
    }

    /// The addresses of an answer, less those that the policy has forbidden.
    func allowedAddresses(_ report: DialReport) -> [IPAddress] {
        let addresses = dial.known.inDestinationOrder
        // An answer has no attempts but those that the policy has forbidden.
        if report.attempts.isEmpty { return addresses }
        let vetoed = Set(report.attempts.compactMap { $0.destination.endpoint?.address })
        return addresses.filter { !vetoed.contains($0) }
    }
}
