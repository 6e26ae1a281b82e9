// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution

/// Remembers which addresses connected and how long that took, so that the next dial of a name tries the good ones
/// first.
///
/// Give one to every dialer that may share what it learns (`DialerConfiguration.memory`); without one nothing is
/// remembered, and the order is the system's.
///
/// It decides only where RFC 6724's rules 1 to 8 leave two addresses even: those that connected come before those that
/// nothing is known of, faster ones first (in steps of 25 ms), those that failed last. What a race learns of a round
/// trip also times its next attempt. Literals are neither ordered nor noted.
///
/// - Source: RFC 8305 §4 puts both rules between rules 8 and 9.
@available(FairDial 0.1, *)
public final class OutcomeMemory: Sendable {
    private let outcomes: NIOLockedValueBox<ConnectOutcomes>

    /// A memory in which nothing is known.
    ///
    /// - Parameters:
    ///   - capacity: how many pairs of source and destination are kept; the oldest are forgotten first. Default 1024.
    ///   - lifetime: how long it is known that an address connects, counted from when that was first seen. Default 10
    ///     min.
    ///   - failureLifetime: how long it is known that an address failed. Default 1 min.
    public init(
        capacity: Int = 1_024,
        lifetime: Duration = .seconds(600),
        failureLifetime: Duration = .seconds(60)
    ) {
        outcomes = NIOLockedValueBox(
            ConnectOutcomes(capacity: capacity, lifetime: lifetime, failureLifetime: failureLifetime)
        )
    }

    /// Everything that is known now.
    var known: [ConnectOutcomes.Route: ConnectOutcomes.Outcome] {
        let now = Self.time(of: .now())
        return outcomes.withLockedValue { $0.outcomes(at: now) }
    }

    /// Forgets everything.
    func clear() {
        outcomes.withLockedValue { $0.clear() }
    }

    /// Notes with each candidate what is known of it.
    ///
    /// - Parameter now: the loop's clock, since its own epoch.
    func recall(_ candidates: inout [DestinationOrder.Candidate], at now: Duration) {
        outcomes.withLockedValue { outcomes in
            for index in candidates.indices {
                guard let source = candidates[index].source else { continue }
                let route = ConnectOutcomes.Route(from: source, to: candidates[index].destination)
                switch outcomes.outcome(on: route, at: now) {
                case .connected(let roundTrip)?: candidates[index].experience = .connected(roundTrip: roundTrip)
                case .failed?: candidates[index].experience = .failed
                case nil: candidates[index].experience = .none
                }
            }
        }
    }

    /// Notes how a dial's attempts ended.
    func note(_ attempts: [AttemptReport], among candidates: [DestinationOrder.Candidate], at now: NIODeadline) {
        let now = Self.time(of: now)
        outcomes.withLockedValue { outcomes in
            for attempt in attempts {
                guard let destination = attempt.destination.endpoint?.address, let observation = attempt.observation,
                    let source = candidates.first(where: { $0.destination == destination })?.source
                else { continue }
                outcomes.note(observation, on: ConnectOutcomes.Route(from: source, to: destination), at: now)
            }
        }
    }

    private static func time(of deadline: NIODeadline) -> Duration {
        .nanoseconds(Int64(clamping: deadline.uptimeNanoseconds))
    }
}

@available(FairDial 0.1, *)
extension AttemptReport {
    /// What the attempt showed of its route; `nil` where it showed nothing.
    fileprivate var observation: ConnectOutcomes.Observation? {
        guard let ended else { return nil }
        switch outcome {
        case .connected: return .connected(after: ended - started)
        case .refused, .unreachable, .timedOut: return .failed
        case .abandoned: return .outrun(after: ended - started)
        // Neither a veto nor an error of our own machine's says anything about the way there.
        case .vetoed, .failed, nil: return nil
        }
    }
}
