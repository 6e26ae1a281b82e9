// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import GetAddrInfo
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import SystemSupport
import TestHelpers
import Testing

@testable import SystemResolution

private let fairnessKey = FairnessKey(label: "test")
private let four = IPAddress.v4(IPv4Address(bits: 0xC000_0201))
private let six = IPAddress.v6(IPv6Address(high: 0xFE80_0000_0000_0000, low: 1), zone: .index(7))

private func infos(_ addresses: IPAddress...) -> HeldCalls.Answer {
    .success(
        AddressInfoList(
            addresses.map { AddressInfo(socketType: 1, protocolNumber: 6, endpoint: Endpoint(address: $0, port: 0)) }
        )
    )
}

private func answered(_ addresses: [IPAddress], settling families: AddressFamilies = .both) -> LookupEvent {
    .answered(LookupResult(families: families, addresses: addresses, isInDestinationOrder: true, source: .system))
}

private func configuration(
    slots: Int = 512,
    reservedSlots: Int = 8,
    secondCallDelay: Duration? = nil
) -> SystemResolverConfiguration {
    SystemResolverConfiguration(
        queue: QueueConfiguration(slots: slots, reservedSlots: reservedSlots),
        secondCallDelay: secondCallDelay,
        idleTime: .milliseconds(5)
    )
}

@Suite struct `getaddrinfo on threads of its own` {
    @Test(arguments: [Int.min, .max])
    func `the largest and the smallest numbers are no trap`(number: Int) {
        var configuration = SystemResolverConfiguration()
        configuration.queue.slots = number
        configuration.queue.reservedSlots = number
        configuration.queue.waitingLimit = number
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration, call: calls.call)
        let log = EventLog()
        _ = resolver.lookUp(LookupQuestion(name: "db.test"), for: fairnessKey, log.receive)
        calls.release("db.test", with: infos(four))
        log.waitForEnd()
    }

    @Test func `zone and order survive`() {
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration(), call: calls.call)
        let log = EventLog()
        _ = resolver.lookUp(LookupQuestion(name: "db.test"), for: fairnessKey, log.receive)
        calls.release("db.test", with: infos(four, six))
        log.waitForEnd()
        #expect(log.events == [.started, answered([four, six]), .ended(nil)])
    }

    @Test(arguments: [AddressInfoError.noName, .noData])
    func `shows no password of a URL that was given for a host`(error: AddressInfoError) {
        let told = ResolutionError(error, lookingUp: "https://app:secret@db.test")
        #expect(told.message.contains("https://…@db.test"))
        #expect(!told.message.contains("secret"))
    }

    @Test(arguments: [
        ("x.test/path", ": a host name cannot contain \"/\", as at byte 6 (-2)"),
        ("-a", ": a host name cannot begin with a hyphen (-2)"),
        ("db.test", "does not exist, or has no address (-2)"),
    ])
    func `where the C library has refused a name unasked, it is said which character it was`(name: String, end: String)
    {
        let error = ResolutionError(.noName, lookingUp: name)
        #expect(error.kind == .nameNotFound)
        #expect(error.message.hasSuffix(end))
    }

    @Test func `five hundred names are inside at once, and the threads go when there is no more work`() {
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration(), call: calls.call)
        let logs = (0..<500).map { number -> EventLog in
            let log = EventLog()
            _ = resolver.lookUp(LookupQuestion(name: "\(number).test"), for: fairnessKey, log.receive)
            return log
        }
        #expect(calls.isReached(inside: 500))
        #expect(resolver.threadCount == 500)
        #expect(resolver.lookups.count == 500)
        #expect(resolver.lookups.allSatisfy { $0.stage == .inside && !$0.isAbandoned })
        calls.releaseAll(with: infos(four))
        for log in logs { log.waitForEnd() }
        #expect(logs.allSatisfy { $0.events == [.started, answered([four]), .ended(nil)] })
        #expect(Patience.until { resolver.threadCount == 0 })
        #expect(resolver.lookups == [])
    }

    @Test func `beyond the slots a name waits for the first that falls free, and no thread is added`() {
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration(slots: 2, reservedSlots: 0), call: calls.call)
        let logs = [EventLog(), EventLog(), EventLog()]
        for (name, log) in zip(["a.test", "b.test", "c.test"], logs) {
            _ = resolver.lookUp(LookupQuestion(name: name), for: fairnessKey, log.receive)
        }
        #expect(calls.isReached(inside: 2))
        #expect(resolver.threadCount == 2)
        #expect(resolver.waitingCount == 1)
        #expect(logs[2].events == [])
        calls.release("a.test", with: infos(four))
        logs[0].waitForEnd()
        logs[2].wait { $0 == [.started] }
        #expect(resolver.threadCount == 2)
        calls.releaseAll(with: infos(four))
        for log in logs { log.waitForEnd() }
        #expect(Patience.until { resolver.threadCount == 0 })
    }

    @Test func `a silent call gets a second one beside it, whose answer does not wait`() {
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration(secondCallDelay: .milliseconds(5)), call: calls.call)
        let log = EventLog()
        _ = resolver.lookUp(LookupQuestion(name: "dropped.test"), for: fairnessKey, log.receive)
        calls.release("dropped.test", .ipv4, with: infos(four))
        log.wait { $0.count == 2 }
        #expect(log.events == [.started, answered([four], settling: .ipv4)])
        #expect(calls.calls.map(\.families) == [.both, .ipv4])
        calls.release("dropped.test", with: infos(four, six))
        log.waitForEnd()
        #expect(log.events.suffix(2) == [answered([six], settling: .ipv6), .ended(nil)])
        #expect(Patience.until { resolver.threadCount == 0 })
    }

    @Test func `an abandoned call is listed until it returns, and its answer still serves`() {
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration(), call: calls.call)
        let log = EventLog()
        let inFlight = resolver.lookUp(LookupQuestion(name: "slow.test"), for: fairnessKey, log.receive)
        #expect(calls.isReached(inside: 1))
        #expect(!inFlight.cancel())
        #expect(resolver.lookups.map(\.isAbandoned) == [true])
        calls.releaseAll(with: infos(four))
        log.waitForEnd()
        #expect(log.events.contains(answered([four])))
        #expect(Patience.until { resolver.lookups.isEmpty && resolver.threadCount == 0 })
    }

    @Test func `without a thread the lookup says so, and nothing is left`() {
        let calls = HeldCalls()
        let resolver = SystemResolver(configuration(), call: calls.call) { _, _ in EAGAIN }
        let log = EventLog()
        _ = resolver.lookUp(LookupQuestion(name: "db.test"), for: fairnessKey, log.receive)
        log.waitForEnd()
        let message = "no thread to look \"db.test\" up with: Resource temporarily unavailable"
        #expect(log.events == [.ended(ResolutionError(.noThread, message))])
        #expect(resolver.lookups == [])
        #expect(resolver.threadCount == 0)
    }

    @Test func `without a further thread the lookup waits for one that is there`() {
        let calls = HeldCalls()
        let started = NIOLockedValueBox(0)
        let resolver = SystemResolver(configuration(), call: calls.call) { stackSize, body in
            let isFirst = started.withLockedValue { started in
                started += 1
                return started == 1
            }
            return isFirst ? DetachedThread.start(stackSize: stackSize, body) : EAGAIN
        }
        let logs = [EventLog(), EventLog()]
        _ = resolver.lookUp(LookupQuestion(name: "a.test"), for: fairnessKey, logs[0].receive)
        #expect(calls.isReached(inside: 1))
        _ = resolver.lookUp(LookupQuestion(name: "b.test"), for: fairnessKey, logs[1].receive)
        #expect(logs[1].events == [])
        calls.releaseAll(with: infos(four))
        #expect(logs[0].waitForEnd())
        #expect(logs[1].waitForEnd())
        #expect(logs[1].events == [.started, answered([four]), .ended(nil)])
    }

    @Test func `a resolver that nobody holds goes, its alarm too`() {
        weak var gone: SystemResolver?
        let calls = HeldCalls()
        let log = EventLog()
        do {
            let resolver = SystemResolver(configuration(secondCallDelay: .seconds(1)), call: calls.call)
            gone = resolver
            _ = resolver.lookUp(LookupQuestion(name: "a.test"), for: fairnessKey, log.receive)
            calls.releaseAll(with: infos(four))
            log.waitForEnd()
        }
        #expect(Patience.until { gone == nil })
    }

    @Test func `whatever comes in between, every lookup that is not taken back ends once`() {
        for seed in 0..<20 as Range<UInt64> {
            let calls = HeldCalls()
            let resolver = SystemResolver(
                configuration(slots: 4, reservedSlots: 2, secondCallDelay: .microseconds(200)),
                call: { name, families in
                    name.hasPrefix("held") ? calls.call(name, families) : .failure(.noName)
                }
            )
            let outcomes = NIOLockedValueBox<[Bool]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                var random = SeededGenerator(seed: seed &* 31 &+ UInt64(thread))
                for number in 0..<40 {
                    let log = EventLog()
                    let name = (Bool.random(using: &random) ? "held" : "quick") + "\(thread)-\(number).test"
                    let inFlight = resolver.lookUp(
                        LookupQuestion(name: name),
                        for: FairnessKey(label: "\(thread)"),
                        log.receive
                    )
                    let isTakenBack = Int.random(in: 0..<4, using: &random) == 0 && inFlight.cancel()
                    if number == 30 { calls.releaseAll(with: infos(four)) }
                    if number >= 30, !isTakenBack {
                        let hasEnded = log.waitForEnd()
                        let ends = log.events.count { if case .ended = $0 { true } else { false } }
                        outcomes.withLockedValue { $0.append(hasEnded && ends == 1) }
                    }
                }
            }
            #expect(outcomes.withLockedValue { $0.allSatisfy { $0 } }, "seed \(seed)")
            #expect(Patience.until { resolver.lookups.isEmpty && resolver.threadCount == 0 }, "seed \(seed)")
        }
    }
}

@Suite struct `The way every name goes` {
    @Test func `no thread starts for a local name`() {
        let calls = HeldCalls()
        let system = SystemResolver(configuration(), call: calls.call)
        let resolver = NameResolver(system)
        for name in ["localhost", "db.localhost", "LOCALHOST."] {
            let log = EventLog()
            _ = resolver.lookUp(LookupQuestion(name: name), for: fairnessKey, log.receive)
            #expect(log.events.last == .ended(nil))
        }
        #expect(system.threadCount == 0)
        #expect(calls.calls == [])
    }

    @Test func `five hundred callers of one slow name make one call`() {
        let calls = HeldCalls()
        let resolver = NameResolver(SystemResolver(configuration(), call: calls.call))
        let logs = (0..<500).map { _ in EventLog() }
        DispatchQueue.concurrentPerform(iterations: 500) { number in
            _ = resolver.lookUp(
                LookupQuestion(name: "slow.test"),
                for: FairnessKey(label: "\(number % 7)"),
                logs[number].receive
            )
        }
        #expect(calls.isReached(inside: 1))
        calls.releaseAll(with: infos(four))
        for log in logs { log.waitForEnd() }
        #expect(calls.calls == [HeldCalls.Call(name: "slow.test", families: .both)])
        #expect(logs.allSatisfy { $0.events.last == .ended(nil) })
    }
}
