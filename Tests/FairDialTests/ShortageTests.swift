// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import GetAddrInfo
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import SystemResolution
import TestHelpers
import Testing

@testable import FairDial

/// Each in a process of its own: a shortage of descriptors would spoil every other test's day.
@Suite struct `No descriptor left, for real` {
    @Test func `the dial waits in the queue, and says what it waited for`() async {
        await #expect(processExitsWith: .success) {
            _ = try? await Dialer.shared.takeSocket(to: "127.0.0.1", port: 9)
            var options = DialOptions()
            options.timeouts = Timeouts(queue: .milliseconds(60))
            for host in ["127.0.0.1", "::1", "localhost", "fe80::1%lo"] {
                var triesLeft = 5
                while true {
                    // Once more each time: what runs this test may have given one back meanwhile.
                    Descriptors.takeAll()
                    do throws(DialError) {
                        _ = try await Dialer.shared.connect(to: host, port: 9, options: options)
                        exit(1)
                    } catch {
                        triesLeft -= 1
                        if !error.report.attempts.isEmpty, triesLeft > 0 { continue }
                        // Each reason has a status of its own: nothing can be printed without a descriptor for it.
                        if error.code != .outOfDescriptors { exit(2) }
                        if !error.report.attempts.isEmpty { exit(3) }
                        if error.report.queue < .milliseconds(60) { exit(4) }
                        break
                    }
                }
            }
            exit(0)
        }
    }

    @Test func `the dial goes on as soon as there is one`() async {
        await #expect(processExitsWith: .success) {
            do {
                let server = try await LoopbackServer.start()
                let port = server.port
                // A program that has dialed before.
                _ = try await Dialer.shared.connect(to: "127.0.0.1", port: port)
                // The connection on the server's side needs one, too.
                let held = Descriptors.takeAll()
                var options = DialOptions()
                // The first attempt finds nothing; then two are given back.
                options.onStart = { for descriptor in held.prefix(4) { close(descriptor) } }
                let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: port, options: options)
                guard connection.report.attempts.map(\.outcome) == [.connected] else { exit(2) }
                exit(0)
            } catch {
                print(error)
                exit(1)
            }
        }
    }

    @Test
    func `the first dial of a process waits for what its loops need, and a later one works`()
        async
    {
        await #expect(processExitsWith: .success) {
            var held = Descriptors.takeAll()
            var options = DialOptions()
            options.timeouts = Timeouts(queue: .milliseconds(60))
            do throws(DialError) {
                _ = try await Dialer.shared.takeSocket(to: "127.0.0.1", port: 9, options: options)
                exit(1)
            } catch {
                guard error.code == .outOfDescriptors, error.report.queue >= .milliseconds(60) else { exit(2) }
            }
            options.deadline = .milliseconds(30)
            do throws(DialError) {
                _ = try await Dialer.shared.resolve("db.example.test", port: 9, options: options)
                exit(3)
            } catch {
                guard error.code == .outOfDescriptors, error.report.queue < .seconds(20) else { exit(4) }
            }
            for descriptor in held { close(descriptor) }
            held = []
            do throws(DialError) {
                _ = try await Dialer.shared.takeSocket(to: "127.0.0.1", port: 9)
                exit(5)
            } catch {
                guard error.report.attempts.map(\.outcome) == [.refused] else { exit(6) }
            }
            exit(0)
        }
    }

    @Test func `a dial that waits for loops is cancelled at once`() async {
        await #expect(processExitsWith: .success) {
            _ = Descriptors.takeAll()
            let dial = Task { () async -> DialError? in
                do throws(DialError) {
                    _ = try await Dialer.shared.takeSocket(to: "127.0.0.1", port: 9)
                    return nil
                } catch {
                    return error
                }
            }
            dial.cancel()
            exit(await dial.value?.code == .cancelled ? 0 : 1)
        }
    }

    @Test func `a lookup without one is a shortage, and no name that does not exist`() async {
        await #expect(processExitsWith: .success) {
            _ = try? await Dialer.shared.takeSocket(to: "127.0.0.1", port: 9)
            Descriptors.takeAll()
            var options = DialOptions()
            options.timeouts = Timeouts(queue: .milliseconds(60))
            do throws(DialError) {
                _ = try await Dialer.shared.connect(to: "db.example.test", port: 9, options: options)
                exit(1)
            } catch {
                guard error.code == .outOfDescriptors, error.fault == .machine else {
                    print(error)
                    exit(2)
                }
                exit(0)
            }
        }
    }
}

@Suite struct `Nothing is left behind` {
    @Test func `after five hundred dials of every kind, cancelled and not`() async {
        await #expect(processExitsWith: .success) {
            do {
                let server = try await LoopbackServer.start()
                let full = try FullBacklog()
                let resolver = SystemResolver(
                    SystemResolverConfiguration(idleTime: .milliseconds(1))
                ) { _, _ in .failure(.noName) }
                var configuration = DialerConfiguration()
                configuration.resolver = NameResolver(resolver)
                configuration.timeouts = Timeouts(connect: .milliseconds(30))
                let dialer = Dialer(configuration)
                // One of each first, so that whatever is made once has been made.
                _ = await Self.dialAll(1, dialer, server.port, full.port)
                let before = Descriptors.count
                let dialed = await Self.dialAll(100, dialer, server.port, full.port)
                await server.closed(server.accepted)
                let isBack = Patience.until { Descriptors.count <= before && resolver.threadCount == 0 }
                guard dialed == 500, isBack, resolver.lookups.isEmpty else {
                    print("\(dialed) dials, \(before) descriptors before, \(Descriptors.count) after")
                    exit(2)
                }
                exit(0)
            } catch {
                print(error)
                exit(1)
            }
        }
    }

    @Test func `a descriptor that NIO has closed is not closed again, when it is somebody else's by then`() async {
        await #expect(processExitsWith: .success) {
            struct NotToday: Error {}
            do {
                let server = try await LoopbackServer.start()
                let port = server.port
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                let begun = loop.makePromise(of: (any Channel).self)
                let held = loop.makePromise(of: Void.self)
                let dial = Task {
                    try await Dialer.shared.connect(to: "127.0.0.1", port: port) { channel in
                        begun.succeed(channel)
                        return held.futureResult.hop(to: channel.eventLoop)
                    }
                }
                let channel = try await begun.futureResult.get()
                dial.cancel()
                _ = try? await dial.value
                try await channel.closeFuture.get()
                // Whatever numbers are free now, the channel's among them, are taken by others.
                let others = (0..<64).map { _ in open("/dev/null", O_RDONLY) }
                held.fail(NotToday())
                try await channel.eventLoop.submit {}.get()
                for other in others where fcntl(other, F_GETFD) < 0 { exit(2) }
                exit(0)
            } catch {
                print(error)
                exit(1)
            }
        }
    }

    /// Dials each kind of target this many times, and cancels every third dial at once.
    private static func dialAll(_ times: Int, _ dialer: Dialer, _ port: Int, _ fullPort: Int) async -> Int {
        let targets = [("127.0.0.1", port), ("localhost", port), ("127.0.0.1", fullPort), ("::1", 9), ("no.test", 9)]
        return await withTaskGroup(of: Void.self) { group in
            var started = 0
            for number in 0..<times {
                for (host, port) in targets {
                    started += 1
                    group.addTask {
                        let dial = Task { try await dialer.connect(to: host, port: port) }
                        if number.isMultiple(of: 3) { dial.cancel() }
                        if let connection = try? await dial.value { try? await connection.output.close() }
                    }
                }
            }
            await group.waitForAll()
            return started
        }
    }
}

/// What this process has open.
enum Descriptors {
    static var count: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    /// Opens the same file until there is no descriptor left.
    @discardableResult
    static func takeAll() -> [CInt] {
        var limit = rlimit(rlim_cur: 256, rlim_max: 256)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var taken: [CInt] = []
        while true {
            let descriptor = open("/dev/null", O_RDONLY)
            guard descriptor >= 0 else { return taken }
            taken.append(descriptor)
        }
    }
}
