// SPDX-License-Identifier: Apache-2.0

import FairDial
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses

/// A name's addresses, and each change of them: what a push resolver tells its channel.
struct NameUpdates: AsyncSequence, Sendable {
    typealias Element = NameResolutionResult
    typealias Failure = any Error

    let host: String
    let port: Int
    let dialer: Dialer
    let spreading: CallSpreading?
    let pause: @Sendable (Duration) async throws -> Void

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(updates: self) }

    /// What one lookup tells.
    private enum News: Sendable {
        /// One family is silent; the rest follows.
        case part(Answer)
        case whole(Answer)
        case failed(DialError)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let updates: NameUpdates
        private var refresh = NameRefresh<IPAddresses.Endpoint>()
        /// What the lookup in flight has to tell; `nil` while there is none.
        private var lookup: AsyncStream<News>.AsyncIterator?

        fileprivate init(updates: NameUpdates) {
            self.updates = updates
        }

        mutating func next() async throws -> NameResolutionResult? { try await next(isolation: nil) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> NameResolutionResult? {
            while true {
                if lookup == nil {
                    if let pause = refresh.pause { try await updates.pause(pause) }
                    lookup = updates.lookUp().makeAsyncIterator()
                }
                // It ends without a word where the channel's task is cancelled.
                guard let news = await lookup?.next(isolation: actor) else { throw CancellationError() }
                if case .part = news {} else { lookup = nil }
                let failure: DialError
                switch news {
                case .part(let answer):
                    let awaited = answer.report.unanswered
                    let step = refresh.answeredInPart(answer.endpoints) { awaited.contains($0.address.family) }
                    guard case .tell(let endpoints) = step else { continue }
                    return updates.result(endpoints)
                case .whole(let answer):
                    let lifetime = answer.expires.map { ContinuousClock.now.duration(to: $0) }
                    switch refresh.answered(answer.endpoints, for: lifetime) {
                    case .tell(let endpoints): return updates.result(endpoints)
                    case .keep: continue
                    case .fail: failure = DialError(.nameNotFound, "it has no address", target: updates.host)
                    }
                case .failed(let error):
                    // A channel that is shutting down expects this one.
                    if error.code == .cancelled { throw CancellationError() }
                    guard refresh.failed() == .fail else { continue }
                    failure = error
                }
                throw RPCError(failure)
            }
        }
    }

    /// A lookup. The stream cancels it when its reader has gone.
    private func lookUp() -> AsyncStream<News> {
        AsyncStream { news in
            let task = Task {
                do throws(DialError) {
                    let answer = try await dialer.resolve(host, port: port) { news.yield(.part($0)) }
                    news.yield(.whole(answer))
                } catch {
                    news.yield(.failed(error))
                }
                news.finish()
            }
            news.onTermination = { _ in task.cancel() }
        }
    }

    private func result(_ endpoints: [IPAddresses.Endpoint]) -> NameResolutionResult {
        let addresses = endpoints.map { endpoint -> GRPCNIOTransportCore.SocketAddress in
            let (host, port) = ("\(endpoint.address)", Int(endpoint.port))
            return endpoint.address.family == .ipv4 ? .ipv4(host: host, port: port) : .ipv6(host: host, port: port)
        }
        // The first endpoint alone is dialed, with all of its addresses.
        let result = NameResolutionResult(endpoints: [.init(addresses: addresses)], serviceConfig: nil)
        return spreading?.over(result) ?? result
    }
}

extension RPCError {
    /// What no retry mends, and the caller can.
    private static let ofCaller: Set<DialError.Code> = [.invalidTarget, .invalidOption, .unsupportedEventLoop]

    /// A failed dial or lookup, as gRPC's callers are told: the whole line, and the error as its cause.
    init(_ error: DialError) {
        self.init(
            code: Self.ofCaller.contains(error.code) ? .invalidArgument : .unavailable,
            message: "\(error)",
            cause: error
        )
    }
}
