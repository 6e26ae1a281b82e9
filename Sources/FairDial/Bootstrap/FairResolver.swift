// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix
import NameResolution

/// A resolver for NIO's own bootstraps, where they cannot be replaced by `FairBootstrap`.
///
/// ```swift
/// ClientBootstrap(group: group).resolver(FairResolver.shared)
/// ```
///
/// Addresses are answered at once, local names too, and lookups run side by side and are shared: no connect waits in a
/// queue behind another one's name. Addresses are dialed in the order of RFC 6724, a silent AAAA is waited for no
/// longer than the resolution delay, and the dialer's policy is asked about each.
///
/// It cannot change NIO's timer, which still runs while a name is looked up.
///
/// NIO asks for AAAA and A and dials what AAAA brings first, whatever the family. So everything that is known in time
/// goes to AAAA, in order, and what comes later to A. `cancelQueries` does not say which connect has ended, so it
/// cancels nothing: a lookup that no connect needs ends with its timeout.
///
/// Where this machine has no descriptor or no thread to look up with, the connect fails at once, with the code
/// `outOfDescriptors` or `outOfThreads`, which a retry may help. A dialer's own dials wait for one, on a clock of their
/// own; here NIO's timer would run meanwhile.
@available(FairDial 0.1, *)
public final class FairResolver: NIOPosix.Resolver, Sendable {
    /// The process's own, with the shared dialer's resolver, timeouts and policy.
    public static let shared = FairResolver()

    /// A question whose first part has been asked for.
    private struct Question: Hashable {
        let loop: ObjectIdentifier?
        let host: String
        let port: Int
    }

    private let dialer: Dialer
    /// The second parts that NIO is about to ask for: it asks for both in one turn of one loop.
    private let seconds = NIOLockedValueBox<[Question: [EventLoopFuture<[SocketAddress]>]]>([:])

    /// - Parameter dialer: whose resolver, timeouts, resolution delay and policy to use.
    public init(_ dialer: Dialer = .shared) {
        self.dialer = dialer
    }

    /// Everything that is known when dialing may begin, both families, in the order in which to dial.
    public func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        let loop = MultiThreadedEventLoopGroup.currentEventLoop
        let parts = begin(host, port, on: loop ?? dialer.setup.configuration.group.any())
        // Off a loop nothing would ever forget the second part; NIO asks on one.
        guard let loop else { return parts.first }
        let question = Question(loop: ObjectIdentifier(loop), host: host, port: port)
        seconds.withLockedValue { $0[question, default: []].append(parts.second) }
        // NIO asks for the rest before the loop's next turn.
        loop.execute { _ = self.takeSecond(of: question) }
        return parts.first
    }

    /// What comes later; the whole answer's IPv4 part where NIO has not asked for AAAA.
    public func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        let loop = MultiThreadedEventLoopGroup.currentEventLoop
        let question = Question(loop: loop.map { ObjectIdentifier($0) }, host: host, port: port)
        if let second = takeSecond(of: question) { return second }
        let parts = begin(host, port, on: loop ?? dialer.setup.configuration.group.any())
        return parts.first.and(parts.second).map { first, second in
            (first + second).filter { $0.protocol == .inet }
        }
    }

    /// Does nothing: NIO does not say whose queries.
    public func cancelQueries() {}

    private func takeSecond(of question: Question) -> EventLoopFuture<[SocketAddress]>? {
        seconds.withLockedValue { seconds in
            guard var waiting = seconds.removeValue(forKey: question), !waiting.isEmpty else { return nil }
            let first = waiting.removeFirst()
            if !waiting.isEmpty { seconds[question] = waiting }
            return first
        }
    }

    private func begin(
        _ host: String,
        _ port: Int,
        on loop: any EventLoop
    ) -> (first: EventLoopFuture<[SocketAddress]>, second: EventLoopFuture<[SocketAddress]>) {
        let setup = dialer.setup
        do throws(DialError) {
            let target = try Target(host: host, port: port)
            let policy = setup.configuration.policy
            let veto: @Sendable (IPAddress) -> String? = { address in
                policy?.veto(of: address, from: .any, host: host, port: target.port)
            }
            if case .known(let destinations, let source) = try dialer.start(
                for: target,
                families: .both,
                isObserved: false
            ) {
                let addresses = destinations.compactMap { $0.endpoint?.address }
                return try known(addresses, from: source, of: target, veto, on: loop)
            }
            let lookup = SplitLookup(
                port: target.port ?? 0,
                timeouts: setup.timeouts,
                resolutionDelay: setup.race.resolutionDelay,
                order: AddressOrder(routes: setup.configuration.connector, memory: setup.configuration.memory),
                at: .zero,
                veto: veto
            )
            let driver = SplitLookupDriver(lookup, for: target, on: loop)
            let question = LookupQuestion(name: host)
            driver.begin(setup.configuration.resolver, question, for: FairnessKey(for: host))
            return (driver.first, driver.second)
        } catch {
            return (loop.makeFailedFuture(error), loop.makeFailedFuture(error))
        }
    }

    /// What needs no lookup, in the caller's order.
    private func known(
        _ addresses: [IPAddress],
        from source: LookupSource?,
        of target: Target,
        _ veto: (IPAddress) -> String?,
        on loop: any EventLoop
    ) throws(DialError) -> (first: EventLoopFuture<[SocketAddress]>, second: EventLoopFuture<[SocketAddress]>) {
        let port = target.port ?? 0
        var report = DialReport(source: source)
        let permitted = addresses.prefix(2 * LookupResult.familyLimit).filter { address in
            guard let reason = veto(address) else { return true }
            report.attempts.append(.vetoed(.internet(Endpoint(address: address, port: port)), reason, at: .zero))
            return false
        }
        if permitted.isEmpty, !report.attempts.isEmpty {
            let message = DialVerdict.sentence(DialVerdict.allForbidden, report: report)
            throw DialError(.refusedByPolicy, message, target: "\(target)", report: report)
        }
        let forms = permitted.map { SocketAddress(Endpoint(address: $0, port: port)) }
        return (loop.makeSucceededFuture(forms), loop.makeSucceededFuture([]))
    }
}
