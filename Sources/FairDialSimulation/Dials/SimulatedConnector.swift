// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NIOCore
import NameResolution

/// One dial's view of a run's network: what happens to its sockets, and the record of how the dial treats them.
final class SimulatedConnector: Connector, @unchecked Sendable {
    var waitingRoom: WaitingRoom { world.waitingRoom }

    private let world: SimulatedWorld
    private unowned let dial: SimulatedDial

    init(in world: SimulatedWorld, for dial: SimulatedDial) {
        self.world = world
        self.dial = dial
    }

    func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening {
        dial.willOpen(destination)
        let dice = world.dice
        if dice.chance(4) {
            world.story("\(dial.name): no descriptor for \(destination)")
            dial.foundNoDescriptor(for: destination)
            return .shortage
        }
        let errors: [Int32] = [111, 101, 113, 110, 13, 99]
        let failure = AttemptFailure(errorNumber: dice.pick(errors))
        let socket: SimulatedSocket
        switch dice.number(0..<100) {
        case 0..<12:
            world.story("\(dial.name): \(destination) says no at once")
            dial.hasFailedAtOnce()
            return .failed(failure)
        case 12..<22: socket = make(destination, settles: 0, failure: nil)
        case 22..<60: socket = make(destination, settles: delay(), failure: nil)
        case 60..<67: socket = make(destination, settles: delay(), failure: nil, isReported: false)
        case 67..<85: socket = make(destination, settles: delay(), failure: failure)
        default: socket = make(destination, settles: nil, failure: nil)
        }
        guard let attempt = try? AttemptSocket(descriptor: socket.descriptor, to: destination) else {
            world.fault("no socket address for \(destination)")
            return .shortage
        }
        dial.hasOpened(socket)
        return .opened(attempt, socket.progress(at: world.clock.now))
    }

    func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] {
        addresses.map { DestinationOrder.Candidate(destination: $0, source: world.source(for: $0)) }
    }

    func ask(_ socket: AttemptSocket) -> AttemptSocket.Progress {
        guard let known = dial.racing(socket.descriptor) else {
            world.fault("\(dial.name) asked a socket that is not racing")
            return .pending
        }
        return known.progress(at: world.clock.now)
    }

    func watch(
        _ socket: AttemptSocket,
        _ report: @escaping @Sendable (NIODeadline) -> Void
    ) throws(AttemptFailure) -> AttemptSocket.WatchToken {
        guard let known = dial.racing(socket.descriptor) else {
            world.fault("\(dial.name) watched a socket that is not racing")
            throw AttemptFailure(errorNumber: 9)
        }
        if world.dice.chance(2) {
            let number: Int32 = world.dice.pick([24, 28, 1])
            world.story("\(dial.name): nobody can watch \(known.destination): \(number)")
            if number == 24 { dial.foundNoDescriptor(for: known.destination) }
            throw AttemptFailure(errorNumber: number)
        }
        let token = world.nextToken()
        known.watch = token
        let ring = {
            guard known.watch == token else { return }
            known.watch = nil
            report(.uptimeNanoseconds(self.world.clock.now))
        }
        if let settles = known.settles, known.isReported { world.clock.at(settles, ring) }
        if world.dice.chance(5) {
            dial.hasFalseAlarm()
            world.clock.after(world.dice.milliseconds(0...400), ring)
        }
        return token
    }

    func isWatching(_ token: AttemptSocket.WatchToken) -> Bool {
        dial.sockets.contains { $0.watch == token }
    }

    func forget(_ token: AttemptSocket.WatchToken, _ socket: AttemptSocket) {
        for known in dial.sockets where known.watch == token { known.watch = nil }
    }

    func makeChannel(
        of socket: AttemptSocket,
        over transport: Transport,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        guard let known = dial.racing(socket.descriptor) else {
            world.fault("\(dial.name) made a channel of a socket that is not racing")
            return loop.makeFailedFuture(ChannelError.eof)
        }
        if known.progress(at: world.clock.now) != .connected {
            world.fault("\(dial.name) handed over \(known.destination), which is not connected")
        }
        dial.willHandOver(known)
        if world.dice.chance(3) {
            world.story("\(dial.name): no channel can be made of \(known.destination)")
            return loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        dial.isOwnedByChannel(known)
        let channel = SimulatedChannel(on: loop) { self.dial.channelClosed(known) }
        dial.channel = channel
        let made = loop.makePromise(of: (any Channel).self)
        initializer(channel).whenComplete { result in
            switch result {
            case .success where channel.isActive: made.succeed(channel)
            case .success: made.fail(ChannelError.eof)
            case .failure(let error):
                channel.close(promise: nil)
                made.fail(error)
            }
        }
        return made.futureResult
    }

    func close(_ socket: AttemptSocket) {
        dial.closed(socket.descriptor)
    }

    private func delay() -> UInt64 {
        let dice = world.dice
        return world.clock.now
            + (dice.chance(70) ? dice.milliseconds(0...400) : dice.milliseconds(400...6_000))
    }

    private func make(
        _ destination: Destination,
        settles: UInt64?,
        failure: AttemptFailure?,
        isReported: Bool = true
    ) -> SimulatedSocket {
        SimulatedSocket(
            world.nextDescriptor(),
            to: destination,
            at: world.clock.now,
            settles: settles.map { max($0, world.clock.now) },
            failure: failure,
            isReported: isReported
        )
    }
}
