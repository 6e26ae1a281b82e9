// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import FairDial
import FairDialTLS
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix
import NIOSSL
import Testing

@testable import MongoClient

/// One monitor by itself.
@Suite(.timeLimit(.minutes(2))) struct `Looks at one server` {
    private static func dialing(tls: ClientTLS? = nil, connectTimeout: Duration = .seconds(10)) -> ServerDialing {
        ServerDialing(dialer: .shared, tls: tls, connectTimeout: connectTimeout, settings: GreetingSettings())
    }

    @Test func `a schedule keeps the least pause, whoever wants a look, and however often`() {
        var schedule = LookSchedule(every: .seconds(10))
        let start = NIODeadline.uptimeNanoseconds(5_000_000_000)
        schedule.begin(at: start)
        #expect(schedule.next == start + .seconds(10))
        for _ in 0..<50 {
            schedule.want()
            #expect(schedule.next == start + .milliseconds(500))
        }
        schedule.begin(at: start + .milliseconds(500))
        #expect(schedule.next == start + .milliseconds(10_500))
        // A heartbeat is no shorter than that.
        var hasty = LookSchedule(every: .milliseconds(1))
        hasty.begin(at: start)
        #expect(hasty.next == start + .milliseconds(500))
    }

    @Test func `fifty operations in a row on a port that refuses: two dials in 500 ms at most`() async throws {
        let server = try await WireServer.primary { _, _ in .silence }
        let address = ServerAddress(host: "127.0.0.1", port: UInt16(server.port))
        await server.stop()
        let clock = NIOAsyncTestingEventLoop()
        let dials = NIOLockedValueBox(0)
        let dialing = Self.dialing()
        let loop = dialing.dialer.configuration.group.any()
        let monitor = ServerMonitor(of: address, dialing, every: .seconds(600), on: loop, timers: clock) { heard in
            if case .dialFailed = heard { dials.withLockedValue { $0 += 1 } }
        }
        monitor.start()
        await eventually { dials.withLockedValue { $0 } == 1 }
        for _ in 0..<50 {
            await eventually { monitor.isAsleep }
            monitor.check()
        }
        await eventually { monitor.isAsleep }
        #expect(dials.withLockedValue { $0 } == 1)
        await clock.advanceTime(by: .milliseconds(499))
        #expect(monitor.isAsleep)
        await clock.advanceTime(by: .milliseconds(1))
        await eventually { dials.withLockedValue { $0 } == 2 }
        await eventually { monitor.isAsleep }
        // Nobody wants the third.
        await clock.advanceTime(by: .seconds(599))
        #expect(monitor.isAsleep)
        #expect(dials.withLockedValue { $0 } == 2)
        await eventually { dialing.underWay.error(to: address, isOfMonitor: true) == nil }
        await monitor.stop()
        await clock.shutdownGracefully()
    }

    @Test func `a server that says nothing is reported at once, though TLS waits for its farewell`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mongo-look-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // The runtime's own threads are few, and other tests wait for them.
        let files = try await NIOThreadPool.singleton.runIfActive {
            try Certificate(named: "look", in: folder, days: 1)
        }
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate.path).map(NIOSSLCertificateSource.certificate)
        let key = try NIOSSLPrivateKey(file: files.key.path, format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        )
        // It greets, and reads nothing any more.
        let server = try await WireServer.start(tls: context) { request, server in
            request.isQuery ? .lastReply(server.primaryHello()) : .silence
        }
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.certificateVerification = .none
        // So long would a graceful close last.
        trust.shutdownTimeout = .hours(1)
        let dialing = try Self.dialing(tls: ClientTLS(trust), connectTimeout: .milliseconds(1_500))
        let heard = NIOLockedValueBox<[String]>([])
        let monitor = ServerMonitor(
            of: ServerAddress(host: "127.0.0.1", port: UInt16(server.port)),
            dialing,
            every: .milliseconds(500),
            on: dialing.dialer.configuration.group.any()
        ) { told in
            heard.withLockedValue { heard in
                switch told {
                case .hello: heard.append("hello")
                case .lost(_, let isSilent): heard.append(isSilent ? "silent" : "lost")
                case .dialFailed: heard.append("dial failed")
                }
            }
        }
        monitor.start()
        // It is dialed again at once, too.
        await eventually { heard.withLockedValue { $0.count } >= 3 }
        #expect(heard.withLockedValue { Array($0.prefix(3)) } == ["hello", "silent", "hello"])
        await monitor.stop()
        await server.stop()
    }
}
