// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import SystemSupport

/// How a dial fails: every open socket is closed, every lookup is cancelled, and the error keeps every cause.
@available(FairDial 0.1, *)
extension Dial {
    /// Why a dial fails.
    enum Failure {
        case timeout(DialClock)
        case deadline
        case cancellation
        case exhaustion
        /// The race's own timeout has run out.
        case race
        case channel(DialError.Code, any Error)
        /// The event loop has been shut down.
        case shutdown
    }

    /// The event loop has been shut down: no further event will come.
    mutating func loopEnded(at now: Duration) -> ActionList<DialAction> {
        switch phase {
        case .unstarted, .dialing, .handshaking: fail(.shutdown, at: now)
        case .over: ActionList()
        }
    }

    mutating func fail(_ failure: Failure, at now: Duration) -> ActionList<DialAction> {
        stopwatch.run(stopwatch.running, at: now)
        var actions = ActionList<DialAction>()
        let outcome: AttemptReport.Outcome =
            switch failure {
            case .timeout, .deadline, .race: .timedOut
            case .cancellation, .exhaustion, .channel, .shutdown: .abandoned
            }
        // Asked before the state changes: which stage it was belongs to the message.
        let (code, message) = verdict(on: failure)
        let untried =
            switch failure {
            case .timeout, .deadline, .race: race.untriedCount
            case .cancellation, .exhaustion, .channel, .shutdown: 0
            }
        if case .handshaking = phase { actions.append(.closeWinner) }
        for case .abandon(let destination) in race.cancel() {
            if endClosing(destination, outcome, at: now) { actions.append(.close(destination)) }
        }
        let resolutionError: ResolutionError? =
            switch lookup {
            case .ended(let error): error ?? namesError
            case .postponed(let error): error
            case .unneeded, .asked, .queued, .running: namesError
            }
        let channelError: (any Error)? = if case .channel(_, let error) = failure { error } else { nil }
        actions.append(contentsOf: leaveLookup())
        var report = report
        if case .handshaking = phase { report.handshake = stopwatch[.handshake] }
        phase = .over
        let error = DialError(
            code,
            DialVerdict.sentence(
                message,
                report: report,
                untried: untried,
                resolutionError: resolutionError,
                namesPorts: namesPorts
            ),
            target: "\(question.target)",
            report: report,
            untried: untried,
            resolutionError: resolutionError,
            channelError: channelError
        )
        actions.append(.finish(.failed(error)))
        return actions
    }

    /// Whether the port belongs to what was asked for: an answer has addresses alone.
    private var namesPorts: Bool {
        if case .answer = question.goal { false } else { true }
    }

    /// Which DNS servers have not answered, where that is what was waited for.
    private func silence(on clock: DialClock) -> String {
        clock == .lookup ? DialVerdict.silence(of: troubles?.silentServers ?? []) : ""
    }

    private func verdict(on failure: Failure) -> (DialError.Code, String) {
        switch failure {
        case .timeout(let clock):
            let timeout = question.timeouts[clock]
            let (code, message) = DialVerdict.timeout(
                of: clock,
                after: timeout,
                shortOf: shortage,
                awaitingAdmission: awaitsAdmission
            )
            return (code, message + silence(on: clock))
        case .race:
            return (
                .connectTimeout, "no attempt connected within \((question.race.timeout ?? .zero).readable) of the first"
            )
        case .deadline:
            let deadline = question.deadline ?? .zero
            let message = "the deadline of \(deadline.readable) passed during \(clock.rawValue)"
            return (.deadlineExceeded, message + silence(on: clock))
        case .cancellation:
            return (.cancelled, "cancelled during \(clock.rawValue)")
        case .shutdown:
            return (.eventLoopShutdown, "its event loop was shut down during \(clock.rawValue)")
        case .channel(let code, let error):
            // An initializer may have put words of its own into the error.
            if code == .initializerFailed {
                return (code, "the channel initializer failed: \(Target.excerpt("\(error)"))")
            }
            return (code, "connected, and then: \(DialVerdict.words(for: error))")
        case .exhaustion:
            if !attempts.isEmpty, attempts.allSatisfy({ $0.outcome == .vetoed }) {
                return (.refusedByPolicy, DialVerdict.allForbidden)
            }
            if hasOnlyOptionFailures { return (.invalidOption, "the system refuses an option of this dial") }
            if !attempts.isEmpty { return (.allAttemptsFailed, DialVerdict.allFailed(attempts)) }
            if case .ended(let error?) = lookup { return (DialVerdict.code(for: error), error.message) }
            if let namesError { return (DialVerdict.code(for: namesError), namesError.message) }
            if let verdict = serviceVerdict { return verdict }
            switch lookup {
            case .unneeded where question.target.hasNoEndpoint:
                return (.noUsableAddress, "the list of endpoints is empty: give one at least")
            case .unneeded: return (.noUsableAddress, "no address is of a family that the options allow")
            case .asked, .queued, .running, .postponed, .ended: return (.nameNotFound, "the name has no address")
            }
        }
    }
}
