// SPDX-License-Identifier: Apache-2.0

import FairDial
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses

/// gRPC's own resolver of targets that need no lookup, behind a policy: gRPC dials what it is told.
///
/// Addresses that are forbidden are left out; where none is left, calls fail with the reason of the first. They are
/// told once, by a resolver that pushes: one that is asked is asked before a channel hears anything else, so that a
/// channel whose addresses are all forbidden could not be shut down. So a policy that changes its mind later is not
/// heard; `FairTransport` asks it before each dial.
struct FairAddresses<Base: NameResolverFactory & Sendable>: NameResolverFactory, Sendable {
    typealias Target = Base.Target

    private let base: Base
    private let policy: AddressPolicy
    private let spreading: CallSpreading?

    /// - Parameter spreading: how calls are spread over several addresses; `nil` where they are not.
    init(_ base: Base, _ policy: AddressPolicy, _ spreading: CallSpreading? = nil) {
        self.base = base
        self.policy = policy
        self.spreading = spreading
    }

    func resolver(for target: Target) -> GRPCNIOTransportCore.NameResolver {
        let resolver = base.resolver(for: target)
        return GRPCNIOTransportCore.NameResolver(
            names: RPCAsyncSequence(wrapping: Allowed(names: resolver.names, policy: policy, spreading: spreading)),
            updateMode: .push,
            authority: resolver.authority
        )
    }

    /// What is told, less what is forbidden.
    private struct Allowed: AsyncSequence, Sendable {
        typealias Element = NameResolutionResult
        typealias Failure = any Error

        let names: RPCAsyncSequence<NameResolutionResult, any Error>
        let policy: AddressPolicy
        let spreading: CallSpreading?

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(names.makeAsyncIterator(), policy, spreading) }

        struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate var base: RPCAsyncSequence<NameResolutionResult, any Error>.AsyncIterator
            fileprivate let policy: AddressPolicy
            fileprivate let spreading: CallSpreading?
            private var isTold = false

            fileprivate init(
                _ base: RPCAsyncSequence<NameResolutionResult, any Error>.AsyncIterator,
                _ policy: AddressPolicy,
                _ spreading: CallSpreading?
            ) {
                self.base = base
                self.policy = policy
                self.spreading = spreading
            }

            mutating func next() async throws -> NameResolutionResult? { try await next(isolation: nil) }

            mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> NameResolutionResult?
            {
                // Until its channel has had enough.
                while isTold { try await Task.sleep(for: .seconds(86_400)) }
                guard var result = try await base.next(isolation: actor) else { return nil }
                var refusal: DialError?
                for index in result.endpoints.indices {
                    result.endpoints[index].addresses.removeAll { address in
                        guard let error = policy.refusal(of: address) else { return false }
                        refusal = refusal ?? error
                        return true
                    }
                }
                result.endpoints.removeAll(where: \.addresses.isEmpty)
                if let refusal, result.endpoints.isEmpty { throw RPCError(refusal) }
                isTold = true
                return spreading?.over(result) ?? result
            }
        }
    }
}

extension AddressPolicy {
    /// Why gRPC may not dial an address; `nil` where it may.
    fileprivate func refusal(of address: GRPCNIOTransportCore.SocketAddress) -> DialError? {
        if let address = address.ipv4 {
            return refusal(of: address.host, address.port, "\(address.host):\(address.port)")
        }
        if let address = address.ipv6 {
            return refusal(of: address.host, address.port, "[\(address.host)]:\(address.port)")
        }
        // A virtual machine's host is as near as this machine's own sockets.
        let path = address.unixDomainSocket?.path
        return veto(ofPath: path ?? "\(address)").map { DialError(.refusedByPolicy, $0, target: path ?? "\(address)") }
    }

    private func refusal(of host: String, _ port: Int, _ target: String) -> DialError? {
        guard let address = try? IPAddress(host) else {
            // gRPC would make nothing of it either.
            return DialError(.invalidTarget, "this is not an address", target: target)
        }
        // NIO traps at such a number.
        guard let port = UInt16(exactly: port), port > 0 else {
            return DialError(.invalidTarget, "this is no port", target: target)
        }
        return veto(of: address, host: host, port: port).map { DialError(.refusedByPolicy, $0, target: target) }
    }
}
