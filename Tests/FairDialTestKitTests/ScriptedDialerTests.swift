// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import IPAddresses
import NIOCore
import NIOEmbedded
import NameResolution
import Testing

@Suite(.timeLimit(.minutes(15))) struct `A dialer without a network` {
    @Test func `a silent address keeps the next one waiting, in ten lines`() async throws {
        let script = try ScriptedDialer(
            names: ["db.test": .addresses("192.0.2.1", "192.0.2.2")],
            network: ["192.0.2.1:5432": .hangs, "192.0.2.2:5432": .connects(after: .milliseconds(10))]
        )
        async let dialed = script.dialer.connect(to: "db.test", port: 5432)
        await script.clock.sleepers()
        await script.clock.advance(to: .milliseconds(260))
        let connection = try await dialed
        #expect(connection.report.attempts.map(\.outcome) == [.abandoned, .connected])
        #expect(connection.report.connect == .milliseconds(260))
        #expect(script.network.opened.map(\.at) == [.zero, .milliseconds(250)])
        try await connection.channel.close()
        #expect(script.isClean)
    }

    @Test func `the channel runs the initializer once, and the test reads what was written`() async throws {
        let script = try ScriptedDialer(network: ["192.0.2.1:80": .connectsAtOnce])
        let connection = try await script.dialer.connect(to: "192.0.2.1", port: 80) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeter()) }
        }
        let peer = try #require(connection.channel as? NIOAsyncTestingChannel)
        #expect(try await peer.waitForOutboundWrite(as: ByteBuffer.self) == ByteBuffer(string: "hello"))
        #expect(peer.isActive)
        try await peer.close()
        #expect(script.isClean)
    }

    @Test func `a loop of the clock's takes a future as well`() async throws {
        let script = try ScriptedDialer(network: ["192.0.2.1:80": .connectsAtOnce])
        let future = script.dialer.connect(to: "192.0.2.1", port: 80, on: script.clock.loop) {
            $0.eventLoop.makeSucceededVoidFuture()
        }
        let connection = try await future.get()
        #expect(connection.report.attempts.map(\.outcome) == [.connected])
        try await connection.channel.close()
        #expect(script.isClean)
    }

    @Test(.timeLimit(.minutes(15))) func `one script is good for dial after dial`() async throws {
        let script = try ScriptedDialer(
            names: ["db.test": .addresses("192.0.2.1")],
            network: ["192.0.2.1:80": .connects(after: .milliseconds(10))]
        )
        for round in 1...3 {
            let dialer = script.dialer
            let dialed = Task { try await dialer.connect(to: "db.test", port: 80) }
            await script.clock.sleepers()
            await script.clock.advance(to: .milliseconds(10 * round))
            let connection = try await dialed.value
            #expect(connection.report.connect == .milliseconds(10))
            try await connection.channel.close()
        }
        #expect(script.isClean)
    }

    @Test func `an address that the script does not know fails, and says so`() async throws {
        let script = try ScriptedDialer(names: ["db.test": .addresses("192.0.2.1")])
        let error = await #expect(throws: DialError.self) { try await script.dialer.connect(to: "db.test", port: 80) }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.message.contains("no script for this address") == true)
        #expect(script.isClean)
    }

    @Test func `an initializer that throws may return a future, which is waited for`() async throws {
        struct Refusal: Error {}
        let script = try ScriptedDialer(network: ["192.0.2.1:80": .connectsAtOnce])
        let connection = try await script.dialer.connect(to: "192.0.2.1", port: 80) { channel in
            try channel.syncOptions?.setOption(.autoRead, value: true)
            return channel.eventLoop.makeSucceededFuture(7)
        }
        #expect(connection.output == 7)
        try await connection.channel.close()
        let error = await code {
            _ = try await script.dialer.connect(to: "192.0.2.1", port: 80) { channel in
                if channel.isWritable || !channel.isWritable { throw Refusal() }
                return channel.eventLoop.makeSucceededFuture(7)
            }
        }
        #expect(error == .initializerFailed)
        #expect(script.isClean)
    }

    @Test func `a failing initializer leaves nothing open`() async throws {
        struct Refusal: Error {}
        let script = try ScriptedDialer(network: ["192.0.2.1:80": .connectsAtOnce])
        let error = await code {
            _ = try await script.dialer.connect(to: "192.0.2.1", port: 80) { channel in
                channel.eventLoop.makeFailedFuture(Refusal()) as EventLoopFuture<Void>
            }
        }
        #expect(error == .initializerFailed)
        #expect(script.isClean)
    }

    @Test func `a text that is no address and port is refused`() {
        #expect {
            try ScriptedDialer(network: ["db.test": .hangs])
        } throws: { error in
            (error as? DialError)?.code == .invalidTarget
        }
        #expect(throws: (any Error).self) { try ScriptedNames.Script.addresses("192.0.2.256") }
    }
}

@Suite(.timeLimit(.minutes(15))) struct `Scripted names` {
    @Test func `a lookup that hangs is charged to the lookup`() async throws {
        let script = try ScriptedDialer(names: ["db.test": .hangs])
        let report = await report(of: script, .lookupTimeout, at: .seconds(10))
        #expect(report?.queue == .zero)
        #expect(report?.lookup == .seconds(10))
    }

    @Test func `a lookup that waits for a slot is charged to the queue`() async throws {
        let script = try ScriptedDialer(names: ["db.test": .waits])
        let report = await report(of: script, .queueTimeout, at: .seconds(30))
        #expect(report?.queue == .seconds(30))
        #expect(report?.lookup == .zero)
    }

    @Test func `an answer comes after its delay, of the families asked for, in either case of the letters`()
        async throws
    {
        let script = try ScriptedDialer(
            names: ["DB.test": .addresses("2001:db8::1", "192.0.2.1", after: .milliseconds(20))],
            network: ["192.0.2.1:80": .connectsAtOnce]
        )
        var options = DialOptions()
        options.families = .ipv4
        async let dialed = script.dialer.connect(to: "db.TEST", port: 80, options: options)
        await script.clock.sleepers()
        await script.clock.advance(to: .milliseconds(20))
        let connection = try await dialed
        #expect(connection.report.lookup == .milliseconds(20))
        #expect(connection.report.attempts.map { "\($0.destination)" } == ["192.0.2.1:80"])
        #expect(script.names.lookups.map(\.question.families) == [.ipv4])
        try await connection.channel.close()
    }

    @Test func `what has no script does not exist, and a failure is the script's`() async throws {
        let script = try ScriptedDialer(names: ["broken.test": .fails(ResolutionError(.temporaryFailure, "SERVFAIL"))])
        #expect(await code { _ = try await script.dialer.resolve("none.test", port: 80) } == .nameNotFound)
        #expect(await code { _ = try await script.dialer.resolve("broken.test", port: 80) } == .temporaryNameFailure)
        script.names["none.test"] = try .addresses("192.0.2.7")
        let answer = try await script.dialer.resolve("none.test", port: 80)
        #expect(answer.endpoints.map { "\($0)" } == ["192.0.2.7:80"])
    }

    /// Dials `db.test` until its clock has run out, and checks with which error.
    private func report(
        of script: ScriptedDialer,
        _ expected: DialError.Code,
        at time: Duration
    ) async -> DialReport? {
        let dial = Task { () -> DialError? in
            do throws(DialError) {
                _ = try await script.dialer.connect(to: "db.test", port: 80)
                return nil
            } catch {
                return error
            }
        }
        await script.clock.sleepers()
        await script.clock.advance(to: time)
        let error = await dial.value
        #expect(error?.code == expected)
        #expect(script.isClean)
        return error?.report
    }
}

/// The code of the error that a call throws.
private func code(_ body: () async throws -> Void) async -> DialError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? DialError)?.code
    }
}

/// Says hello when it is connected.
private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: "hello")), promise: nil)
        context.fireChannelActive()
    }
}
