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
    let spreads: ServiceConfig?
    let pause: @Sendable (Duration) async throws -> Void

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(updates: self) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let updates: NameUpdates
        private var refresh = NameRefresh<IPAddresses.Endpoint>()

        fileprivate init(updates: NameUpdates) {
            self.updates = updates
        }

        mutating func next() async throws -> NameResolutionResult? { try await next(isolation: nil) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> NameResolutionResult? {
            while true {
                if let pause = refresh.pause { try await updates.pause(pause) }
                let failure: DialError
                do throws(DialError) {
                    let answer = try await updates.dialer.resolve(updates.host, port: updates.port)
                    let lifetime = answer.expires.map { ContinuousClock.now.duration(to: $0) }
                    switch refresh.answered(answer.endpoints, for: lifetime) {
                    case .tell(let endpoints): return updates.result(endpoints)
                    case .keep: continue
                    case .fail: failure = DialError(.nameNotFound, "it has no address", target: updates.host)
                    }
                } catch {
                    // A channel that is shutting down expects this one.
                    if error.code == .cancelled { throw CancellationError() }
                    guard refresh.failed() == .fail else { continue }
                    failure = error
                }
                throw RPCError(failure)
            }
        }
    }

    private func result(_ endpoints: [IPAddresses.Endpoint]) -> NameResolutionResult {
        let addresses = endpoints.map { endpoint -> GRPCNIOTransportCore.SocketAddress in
            let (host, port) = ("\(endpoint.address)", Int(endpoint.port))
            return endpoint.address.family == .ipv4 ? .ipv4(host: host, port: port) : .ipv6(host: host, port: port)
        }
        guard let spreads else {
            // The first endpoint alone is dialed, with all of its addresses.
            return NameResolutionResult(endpoints: [.init(addresses: addresses)], serviceConfig: nil)
        }
        return NameResolutionResult(
            endpoints: addresses.map { .init(addresses: [$0]) },
            serviceConfig: .success(spreads)
        )
    }
}

extension RPCError {
    /// A failed dial or lookup, as gRPC's callers are told: the whole line, and the error as its cause.
    init(_ error: DialError) {
        self.init(
            code: error.code == .invalidTarget ? .invalidArgument : .unavailable,
            message: "\(error)",
            cause: error
        )
    }
}
