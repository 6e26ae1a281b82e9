// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NIOCore

/// One client's way through a door: carries out what `Handshake` and then `Splice` say. On one event loop.
@available(FairDial 0.1, *)
final class Passage {
    private let loop: any EventLoop
    private let door: DoorState
    private let began: NIODeadline
    private var handshake: Handshake
    /// There is one once the target is connected.
    private var splice: Splice?
    private var near: SpliceEnd?
    private var far: SpliceEnd?
    private var nearIsOpen = true
    private var farIsOpen = false
    private var isDialing = false
    /// Whether the door keeps a descriptor for its dial.
    private var isOwed = false
    /// When it looks at the time next; a look that comes too early does no harm.
    private var timer: (scheduled: Scheduled<Void>, wakes: Duration)?
    /// Ends a splice that a closing door waits for, and when.
    private var cutOff: (timer: Scheduled<Void>, time: NIODeadline)?
    private var isKnown = false
    private var wasTakenBack = false
    /// How much both sides' reads have brought, in bytes.
    private var read: UInt64 = 0
    /// How much the last read has brought, in bytes.
    private var lastRead = 0
    /// There is one once much has come at a time.
    private var pipe: KernelPipe?
    private var canMove = true
    private let cancellation = DialCancellation()

    init(of door: DoorState, on loop: any EventLoop) {
        handshake = Handshake(door.way)
        self.door = door
        self.loop = loop
        began = loop.now
    }

    /// The handler of the client's connection.
    func makeNearEnd() -> SpliceEnd {
        let end = SpliceEnd(.near, of: self)
        near = end
        return end
    }

    private subscript(side: Splice.Side) -> ChannelHandlerContext? { (side == .near ? near : far)?.context }

    private var now: Duration { .nanoseconds((loop.now - began).nanoseconds) }

    // MARK: - What happens

    func active(_ side: Splice.Side) {
        // The target's connection waits until its dial has ended.
        guard side == .near, let near = self[.near] else { return }
        switch door.admit(self, from: near.channel, on: loop) {
        case .admitted:
            isOwed = true
            carryOut(handshake.begin())
        case .refused(let answer):
            // At once: those who are refused are bounded by nothing else.
            if let answer { write(answer) }
            near.close(promise: nil)
        }
    }

    func received(_ data: NIOAny, on side: Splice.Side) {
        guard splice != nil else {
            guard side == .near else { return }
            let actions = handshake.received(SpliceEnd.unwrapInboundIn(data).readableBytesView, at: now)
            if handshake.isKnown, !isKnown {
                isKnown = true
                door.knows(self)
            }
            return carryOut(actions)
        }
        lastRead = SpliceEnd.unwrapInboundIn(data).readableBytes
        read &+= UInt64(lastRead)
        // As it is: one wrapping less for each read.
        self[side.other]?.write(data, promise: nil)
    }

    func readCompleted(on side: Splice.Side) {
        guard splice != nil, let other = self[side.other] else { return }
        other.flush()
        if lastRead >= DoorChannel.readLimit { move(from: side) }
        lastRead = 0
        if splice?.readCompleted(on: side, otherIsWritable: other.channel.isWritable) ?? false { self[side]?.read() }
    }

    /// Lets the kernel move what a read has left, where all that was read before is the kernel's already.
    private func move(from side: Splice.Side) {
        guard canMove, let source = self[side], let sink = self[side.other], source.channel.isActive,
            sink.channel.isActive, (try? sink.channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0
        else { return }
        if pipe == nil { pipe = door.pipe(for: loop) }
        guard let pipe else { return canMove = false }
        let allocator = sink.channel.allocator
        let moved = try? source.pipeline.syncOperations.withUnsafeTransportIfAvailable { (from: NIOBSDSocket.Handle) in
            try sink.pipeline.syncOperations.withUnsafeTransportIfAvailable { (to: NIOBSDSocket.Handle) in
                pipe.move(from: from, to: to, allocator: allocator)
            }
        }
        switch (moved ?? nil) ?? .unable {
        case .dry, .more: break
        case .full(let rest): sink.writeAndFlush(NIOAny(rest), promise: nil)
        case .sourceFailed: (side == .near ? near : far)?.fail()
        case .sinkFailed: (side == .near ? far : near)?.fail()
        case .unable: canMove = false
        }
    }

    func becameWritable(_ side: Splice.Side) {
        if splice?.becameWritable(side) ?? false { self[side.other]?.read() }
    }

    func inputEnded(on side: Splice.Side) {
        if splice != nil {
            carryOut(splice?.inputEnded(on: side, at: now) ?? [])
        } else if side == .near {
            carryOut(handshake.clientEnded())
        }
    }

    func closed(_ side: Splice.Side, isReset: Bool) {
        if side == .near { nearIsOpen = false } else { farIsOpen = false }
        if splice != nil {
            carryOut(splice?.closed(side, isReset: isReset, at: now) ?? [])
        } else if side == .near {
            carryOut(handshake.clientGone())
        }
        endIfOver()
    }

    private func dialEnded(_ result: Result<Connection<Void>, any Error>, to target: Target) {
        isDialing = false
        settle()
        switch result {
        case .success(let connection):
            let actions = handshake.dialed()
            if actions.isEmpty { connection.channel.close(promise: nil) }
            carryOut(actions)
        case .failure(let error):
            let error = error as? DialError ?? DialError(.handshakeFailed, "\(error)", target: "\(target)")
            // That a client has gone is no error of the target's.
            if error.code != .cancelled { door.keep(error, of: target) }
            carryOut(handshake.dialFailed(error, at: now))
        }
        endIfOver()
    }

    /// The door is being closed: a splice may go on for so long.
    func shutDown(within limit: Duration) {
        carryOut(handshake.shutDown(at: now, within: limit))
        guard splice != nil else { return }
        let time = loop.now + .nanoseconds(limit.boundedNanoseconds)
        // Asked again, a door ends at the earlier time.
        if let cutOff, cutOff.time <= time { return }
        cutOff?.timer.cancel()
        let timer = loop.assumeIsolated().scheduleTask(deadline: time) { self.carryOut(self.splice?.cutOff() ?? []) }
        cutOff = (timer, time)
    }

    /// Too many are inside who have not shown the secret.
    func turnOut() {
        // Where the loop was busy, whoever came meanwhile may have written, and nobody has read it.
        // Once, and none that writes a byte now and then: it has had its time.
        if handshake.mayBeTurnedOut, handshake.kept == 0, !wasTakenBack, hasUnread, door.takesBack(self) {
            wasTakenBack = true
            return
        }
        carryOut(handshake.turnOut())
    }

    private func endIfOver() {
        guard !nearIsOpen, !farIsOpen, !isDialing else { return }
        timer?.scheduled.cancel()
        // Else it would keep all of this until its time.
        cutOff?.timer.cancel()
        near = nil
        far = nil
        pipe = nil
        settle()
        door.left(self)
    }

    private func settle() {
        guard isOwed else { return }
        isOwed = false
        door.settled()
    }

    // MARK: - What is to be done

    private func carryOut(_ actions: [Handshake.Action]) {
        for action in actions {
            switch action {
            case .read: self[.near]?.read()
            case .dial(let target): dial(target)
            case .cancelDial: cancellation.cancel()
            case .answer(let answer): write(answer)
            case .endOutput:
                // It has been refused: there will be no dial.
                settle()
                self[.near]?.close(mode: .output, promise: nil)
            case .splice(let early, let clientHasEnded): beginSplice(early: early, clientHasEnded: clientHasEnded)
            case .close: self[.near]?.close(promise: nil)
            }
        }
        setTimer()
    }

    private func carryOut(_ actions: [Splice.Action]) {
        for action in actions {
            switch action {
            case .endOutput(let side): endOutput(of: side)
            case .close(let side): self[side]?.close(promise: nil)
            case .reset(let side): reset(side)
            }
        }
        setTimer()
    }

    private func setTimer() {
        let wake = if let splice { splice.wakeTime } else { nearIsOpen ? handshake.wakeTime : nil }
        // Most tunnels are over before the first of their times: one timer is all that they need.
        guard let wake, wake < timer?.wakes ?? .seconds(Int64.max) else { return }
        timer?.scheduled.cancel()
        let delay = TimeAmount.nanoseconds((wake - now).boundedNanoseconds)
        timer = (loop.assumeIsolated().scheduleTask(in: delay) { self.timeHasCome() }, wake)
    }

    private func timeHasCome() {
        timer = nil
        if splice == nil {
            carryOut(handshake.advance(to: now))
        } else {
            carryOut(splice?.advance(to: now, moved: moved) ?? [])
        }
    }

    private var hasUnread: Bool {
        let unread = try? self[.near]?.pipeline.syncOperations.withUnsafeTransportIfAvailable {
            (socket: NIOBSDSocket.Handle) in MovedBytes.isUnread(on: socket)
        }
        return (unread ?? nil) ?? false
    }

    /// How much has moved so far, as far as that can be known.
    private var moved: Splice.Moved {
        var moved = Splice.Moved(bytes: read)
        for side in [Splice.Side.near, .far] {
            guard let channel = self[side]?.channel, channel.isActive else { continue }
            let waiting = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if side == .near { moved.waitingNear = waiting } else { moved.waitingFar = waiting }
            let bytes = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable {
                (socket: NIOBSDSocket.Handle) in MovedBytes.count(on: socket)
            }
            moved.bytes &+= (bytes ?? nil) ?? 0
        }
        return moved
    }

    private func dial(_ target: Target) {
        isDialing = true
        var options = door.configuration.options
        options.cancellation = cancellation
        options.readiness = nil
        options.holdsReads = false
        let passage = NIOLoopBound(self, eventLoop: loop)
        let dialed = door.dialer.connect(to: target, options: options, on: loop) { channel in
            let passage = passage.value
            let end = SpliceEnd(.far, of: passage)
            try DoorChannel.prepare(channel)
            try channel.pipeline.syncOperations.addHandler(end)
            passage.far = end
            passage.farIsOpen = true
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        // On another loop where this one is gone, which has closed the client's connection, too.
        dialed.hop(to: loop).assumeIsolated().whenComplete { self.dialEnded($0, to: target) }
    }

    private func write(_ answer: DoorAnswer) {
        guard let near = self[.near] else { return }
        if case .failed(let error) = answer, error.code == .invalidTarget { door.keep(error, of: nil) }
        near.writeAndFlush(NIOAny(near.channel.allocator.buffer(string: answer.text)), promise: nil)
    }

    private func beginSplice(early: [UInt8], clientHasEnded: Bool) {
        splice = Splice(halfClosedTimeout: door.configuration.halfClosedTimeout)
        guard farIsOpen, let far = self[.far] else {
            // It was connected, and is gone already.
            return reset(.near)
        }
        // The client may have gone between the answer, whose write finds that out, and this.
        guard nearIsOpen else {
            return carryOut(splice?.closed(.near, isReset: true, at: now) ?? [])
        }
        if !early.isEmpty { far.writeAndFlush(NIOAny(far.channel.allocator.buffer(bytes: early)), promise: nil) }
        far.read()
        if clientHasEnded { inputEnded(on: .near) } else { readCompleted(on: .near) }
    }

    private func endOutput(of side: Splice.Side) {
        guard let context = self[side] else { return }
        // Where the input has ended, NIO closes the whole connection at once, and drops what is not sent yet: so the
        // end is asked for when all before it is with the kernel.
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(capacity: 0)), promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { result in
            // A write that finds the connection broken is all that is ever told of it.
            if case .failure = result { (side == .near ? self.near : self.far)?.fail() }
            guard let context = self[side] else { return }
            let ended = context.eventLoop.makePromise(of: Void.self)
            context.close(mode: .output, promise: ended)
            ended.futureResult.assumeIsolated().whenComplete { result in
                if case .failure(let error) = result, error is IOError {
                    (side == .near ? self.near : self.far)?.fail()
                }
                self.carryOut(self.splice?.outputEnded(on: side) ?? [])
            }
        }
    }

    private func reset(_ side: Splice.Side) {
        guard let context = self[side] else { return }
        DoorChannel.makeCloseReset(context.channel)
        context.close(promise: nil)
    }
}
