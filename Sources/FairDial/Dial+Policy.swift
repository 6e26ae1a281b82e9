// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses

/// What the caller's policy forbids: asked when addresses become known, and again before each attempt.
extension Dial {
    /// The destinations that the policy lets through; the others are reported, and never tried.
    mutating func permitted(_ destinations: [Destination], at now: Duration) -> [Destination] {
        guard question.policy != nil else { return destinations }
        return destinations.filter { !isVetoed($0, at: now) }
    }

    /// The same of candidates that may stand in groups.
    mutating func permitted(_ candidates: Candidates, at now: Duration) -> Candidates {
        guard question.policy != nil else { return candidates }
        let permitted = Set(permitted(candidates.destinations, at: now))
        return candidates.filter(permitted.contains)
    }

    /// Whether anything is left to answer with. What has been forbidden once stays out, whatever the policy says later:
    /// the report lists it.
    mutating func areAnswerable(_ destinations: [Destination], at now: Duration) -> Bool {
        guard question.policy != nil else { return !destinations.isEmpty }
        for destination in destinations { _ = isVetoed(destination, at: now) }
        return destinations.contains { !hasVetoed($0) }
    }

    private func hasVetoed(_ destination: Destination) -> Bool {
        attempts.contains { $0.destination == destination && $0.outcome == .vetoed }
    }

    /// Whether the policy forbids a destination; the first time that it does is reported.
    mutating func isVetoed(_ destination: Destination, at now: Duration) -> Bool {
        guard let policy = question.policy, let address = destination.endpoint?.address,
            let reason = policy.veto(of: address, from: question.origin ?? .any)
        else {
            return false
        }
        if !hasVetoed(destination) {
            var report = AttemptReport(destination: destination, started: now)
            report.end(.vetoed, at: now, reason: reason)
            attempts.append(report)
        }
        return true
    }
}
