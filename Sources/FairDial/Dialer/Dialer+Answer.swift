// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// Sockets without a channel, and answers without a connection.
@available(FairDial 0.1, *)
extension Dialer {
    /// Dials a target, and hands over the bare socket.
    ///
    /// - Returns: a connected, non-blocking socket, which closes itself unless it is taken.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connectSocket(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> ConnectedSocket {
        let start = try start(for: target, families: options.wantedFamilies)
        let plan = plan(for: target, from: start, goal: .socket, over: transport, options: options)
        let ending = await run(plan)
        switch ending {
        case .descriptor(let descriptor, let destination, let record, let report):
            return ConnectedSocket(descriptor, to: destination, of: target, by: record, report)
        case .failed(let error): throw error
        case .channel, .addresses: Self.brokenInvariant(ending, target)
        }
    }

    /// Looks a host up without dialing it: look first, dial the answer later (`Target.answer`).
    ///
    /// - Parameters:
    ///   - host: numeric or a name, without brackets.
    ///   - port: 1 … 65535.
    ///   - options: what may differ from dial to dial.
    ///   - onEarlyAnswer: told what there is when one family has addresses and the other has not answered within the
    ///     resolution delay (`RaceConfiguration.resolutionDelay`, 50 ms; RFC 8305 §3); the report's `unanswered` says
    ///     what is missing. For a caller who goes on with it, and takes the rest when this returns. Called once at
    ///     most, before that, on an event loop; it must not block.
    /// - Returns: the endpoints in destination order that the policy lets through, and how long it took. When one
    ///   family stays silent until the lookup's timeout ends, the other's answers, and the
    ///   report's `unanswered` says what is missing.
    /// - Throws: `DialError`, also when the task is cancelled; `refusedByPolicy` where the policy forbids every
    ///   address.
    public func resolve(
        _ host: String,
        port: Int,
        options: DialOptions = DialOptions(),
        onEarlyAnswer: (@Sendable (Answer) -> Void)? = nil
    ) async throws(DialError) -> Answer {
        let target = try Target(host: host, port: port)
        let start = try start(for: target, families: options.wantedFamilies)
        // What is known needs no loop to say so (rule 1).
        if case .known(let destinations, let source?) = start, !destinations.isEmpty {
            return try observedAnswer(destinations, from: source, to: target, options)
        }
        let answer: @Sendable ([IPAddress], DialReport, Duration?) -> Answer = { addresses, report, timeToLive in
            Answer(
                target: target,
                endpoints: addresses.map { Endpoint(address: $0, port: target.port ?? 0) },
                report: report,
                expires: timeToLive.map { .now + $0 }
            )
        }
        let tellsEarly = onEarlyAnswer.map { tell in
            { @Sendable (addresses: [IPAddress], report: DialReport, timeToLive: Duration?) in
                tell(answer(addresses, report, timeToLive))
            }
        }
        let plan = plan(
            for: target,
            from: start,
            goal: .answer,
            over: .stream,
            options: options,
            onEarlyAnswer: tellsEarly
        )
        let ending = await run(plan)
        switch ending {
        case .addresses(let addresses, let report, let timeToLive): return answer(addresses, report, timeToLive)
        case .failed(let error): throw error
        case .channel, .descriptor: Self.brokenInvariant(ending, target)
        }
    }

    private func observedAnswer(
        _ destinations: [Destination],
        from source: LookupSource,
        to target: Target,
        _ options: DialOptions
    ) throws(DialError) -> Answer {
        let observation = observation(of: target)
        do throws(DialError) {
            let answer = try answer(destinations, from: source, to: target, options)
            observation?.ended(as: .resolved(answer.endpoints.map(\.address)), answer.report, after: nil)
            return answer
        } catch {
            observation?.failed(error)
            throw error
        }
    }

    /// What is known, less what the policy forbids, and less what is too much to dial.
    private func answer(
        _ destinations: [Destination],
        from source: LookupSource,
        to target: Target,
        _ options: DialOptions
    ) throws(DialError) -> Answer {
        let policy = setup.configuration.policy
        guard policy != nil || destinations.count > LookupResult.familyLimit else {
            return Answer(
                target: target,
                endpoints: destinations.compactMap(\.endpoint),
                report: DialReport(source: source)
            )
        }
        var dial = Dial(
            DialQuestion(
                target: target,
                goal: .answer,
                lookup: nil,
                timeouts: setup.timeouts,
                policy: policy,
                origin: SocketOrigin(options)
            )
        )
        let actions = dial.start(with: destinations, from: source, at: .zero)
        switch actions.first {
        case .finish(.answered(let report))?:
            let vetoed = Set(report.attempts.map(\.destination))
            let admitted = dial.known.inDestinationOrder
            let endpoints = admitted.map { Endpoint(address: $0, port: target.port ?? 0) }
                .filter { !vetoed.contains(.internet($0)) }
            return Answer(target: target, endpoints: endpoints, report: report)
        case .finish(.failed(let error))?: throw error
        default: preconditionFailure("what is known of \(target) is an answer, or none")
        }
    }

    /// The targets of a service in the order in which to try them (RFC 2782), 64 at most; those without a port are left
    /// out. To dial them, dial `Target.service`.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func targets(
        ofService name: String,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> [SRVTarget] {
        let target = try Target.service(name)
        let start = try start(for: target, families: options.wantedFamilies)
        let plan = plan(for: target, from: start, goal: .targets, over: .stream, options: options)
        let ending = await run(plan)
        switch ending {
        case .addresses(_, let report, _):
            return report.service?.targets.filter { $0.outcome != .skipped }.map(\.target) ?? []
        case .failed(let error): throw error
        case .channel, .descriptor: Self.brokenInvariant(ending, target)
        }
    }
}
