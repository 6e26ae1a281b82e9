// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
import IPAddresses
public import NIOCore
import NameResolution

extension Dialer {
    /// Looks a service up (RFC 2782) and dials its targets, one after the other in the order of their priorities and weights, until
    /// one is connected; hands over the winner's channel.
    ///
    /// ```swift
    /// let database = try await dialer.connect(toService: "_mongodb._tcp.cluster.example.org")
    /// print(database.destination)      // which of the cluster's members it is
    /// ```
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect(
        toService name: String,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        try await connect(toService: name, over: transport, options: options) { channel in
            channel.eventLoop.makeSucceededFuture(channel)
        }
    }

    /// The same, and hands over whatever the initializer makes of the winner's channel.
    ///
    /// - Parameters:
    ///   - name: `_service._protocol.domain`; the search list is not for these.
    ///   - transport: a stream, or UDP.
    ///   - options: those of each target's dial; a deadline bounds all of them together.
    ///   - initializer: runs once for each target that is connected, until it has made something (rule 7).
    /// - Throws: `DialError`: `nameNotFound` where there is no such service, or its domain says that it is not to be had; else the
    ///   last target's error, with what every target said in its message and every attempt in its splits.
    public func connect<Output: Sendable>(
        toService name: String,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let start = NIODeadline.now()
        let targets = try await targets(ofService: name, within: options)
        var failures: [DialError] = []
        for target in targets {
            var options = options
            if let deadline = options.deadline { options.deadline = deadline - Self.elapsed(since: start) }
            do throws(DialError) {
                return try await connect(
                    to: Target(host: "\(target.target).", port: Int(target.port)),
                    over: transport,
                    options: options,
                    initializer: initializer
                )
            } catch {
                failures.append(error)
                // Nobody waits any more, or nobody may.
                if error.code == .cancelled || error.code == .deadlineExceeded { break }
            }
        }
        throw DialError(failures, ofService: name)
    }

    /// The targets of a service, in the order in which to try them.
    ///
    /// - Throws: `DialError`.
    public func targets(
        ofService name: String,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> [SRVRecord] {
        try await targets(ofService: name, within: options)
    }

    private static func elapsed(since start: NIODeadline) -> Duration {
        .nanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    private func targets(ofService name: String, within options: DialOptions) async throws(DialError) -> [SRVRecord] {
        let owner: DomainName
        do throws(DomainNameError) {
            owner = try InternationalName.domainName(name)
        } catch {
            throw DialError(.invalidTarget, "\(error)", target: name)
        }
        let budget = options.budgets?.lookup ?? setup.configuration.budgets.lookup
        let asker = options.label.map(Asker.init(label:))
        let queue = options.budgets?.queue ?? setup.configuration.budgets.queue
        let loop = try await awaitedLoop(for: name, atMost: min(queue, options.deadline ?? queue))
        let answer = try await records(
            of: owner,
            within: min(budget, options.deadline ?? budget),
            for: asker,
            timedBy: loop
        )
        var generator = setup.configuration.random
        let targets = ServiceTargets.ordered(answer.records.compactMap { $0.data as? SRVRecord }, using: &generator)
        guard !targets.isEmpty else {
            throw DialError(.nameNotFound, "its domain says that there is no such service", target: name)
        }
        return targets
    }

    private func records(
        of owner: DomainName,
        within budget: Duration,
        for asker: Asker?,
        timedBy loop: any EventLoop
    ) async throws(DialError) -> RecordAnswer {
        let resolver = setup.configuration.recordResolver
        typealias Found = Result<RecordAnswer, ResolutionError>?
        let result = await withTaskGroup(of: Found.self) { group -> Found in
            group.addTask {
                do throws(ResolutionError) {
                    return .success(try await resolver.records(of: owner, .srv, for: asker))
                } catch {
                    return .failure(error)
                }
            }
            let longest = Duration.seconds(1_000_000_000)
            // By the loop's clock: where descriptors are short, the tasks' own would have to open some.
            let timer = loop.scheduleTask(in: TimeAmount(min(max(.zero, budget), longest))) {}
            group.addTask {
                try? await timer.futureResult.get()
                return nil
            }
            let first = await group.next() ?? nil
            timer.cancel()
            group.cancelAll()
            // Records that have come by now count, however late the timer is looked at (rule 6).
            if first == nil, let late = await group.next() ?? nil, case .success = late { return late }
            return first
        }
        switch result {
        case .success(let answer)?: return answer
        case nil:
            throw DialError(
                .lookupTimeout,
                "the look-up was not answered within \(budget.readable)",
                target: "\(owner)"
            )
        case .failure(let error)?:
            throw DialError(DialVerdict.code(for: error), error.message, target: "\(owner)", resolutionError: error)
        }
    }
}

extension DialError {
    /// What the dials of a service's targets come to together: nothing that one of them said is left out.
    fileprivate init(_ failures: [DialError], ofService name: String) {
        guard let last = failures.last else { preconditionFailure("a service without targets has failed before") }
        var splits = Splits()
        for failure in failures {
            splits.queue += failure.splits.queue
            splits.lookup += failure.splits.lookup
            splits.connect += failure.splits.connect
            splits.attempts += failure.splits.attempts
        }
        splits.source = last.splits.source
        splits.server = last.splits.server
        self.init(
            last.code,
            failures.map { "\($0.target): \($0.message)" }.joined(separator: "; "),
            target: name,
            splits: splits,
            untried: failures.reduce(0) { $0 + $1.untried },
            resolutionError: last.resolutionError,
            channelError: last.channelError
        )
    }
}
