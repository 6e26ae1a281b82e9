// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDialDoor

@Suite struct `A splice` {
    @Test func `is read no faster than the other side takes it, each way by itself`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.readCompleted(on: .near, otherIsWritable: true) == true)
        #expect(splice.readCompleted(on: .near, otherIsWritable: false) == false)
        #expect(splice.readCompleted(on: .far, otherIsWritable: true) == true)
        // The near side's taking more is nothing to the near side's reading.
        #expect(splice.becameWritable(.near) == false)
        #expect(splice.becameWritable(.far) == true)
        #expect(splice.becameWritable(.far) == false)
    }

    @Test func `passes an end on, and is over when both have ended and are sent`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.inputEnded(on: .near, at: .zero) == [.endOutput(.far)])
        #expect(splice.inputEnded(on: .near, at: .zero) == [])
        #expect(splice.readCompleted(on: .near, otherIsWritable: true) == false)
        #expect(splice.outputEnded(on: .far) == [])
        #expect(splice.readCompleted(on: .far, otherIsWritable: true) == true)
        #expect(splice.inputEnded(on: .far, at: .zero) == [.endOutput(.near)])
        #expect(splice.outputEnded(on: .near) == [.close(.near), .close(.far)])
        #expect(splice.closed(.near, isReset: false, at: .zero) == [.close(.far)])
        #expect(!splice.isOver)
        #expect(splice.closed(.far, isReset: false, at: .zero) == [])
        #expect(splice.isOver)
    }

    @Test func `passes a reset on`() {
        for (side, isReset) in [(Splice.Side.near, true), (.far, true), (.near, false), (.far, false)] {
            var splice = Splice(halfClosedTimeout: .seconds(60))
            #expect(splice.closed(side, isReset: isReset, at: .zero) == [.reset(side.other)])
            #expect(splice.closed(side, isReset: false, at: .zero) == [])
            #expect(splice.closed(side.other, isReset: false, at: .zero) == [])
            #expect(splice.isOver)
        }
    }

    @Test func `takes a close for an end where the other end was there, and a reset for none`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.inputEnded(on: .near, at: .zero) == [.endOutput(.far)])
        #expect(splice.closed(.far, isReset: false, at: .zero) == [.endOutput(.near)])
        #expect(splice.outputEnded(on: .near) == [.close(.near)])
        splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.inputEnded(on: .near, at: .zero) == [.endOutput(.far)])
        #expect(splice.closed(.far, isReset: true, at: .zero) == [.reset(.near)])
    }

    @Test func `passes a reset on that is told right behind an end`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.inputEnded(on: .near, at: .zero) == [.endOutput(.far)])
        #expect(splice.closed(.near, isReset: true, at: .zero) == [.reset(.far)])
        // Where the end is sent already, there is nothing left to take back.
        splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.inputEnded(on: .near, at: .zero) == [.endOutput(.far)])
        #expect(splice.outputEnded(on: .far) == [])
        #expect(splice.closed(.near, isReset: true, at: .zero) == [.close(.far)])
    }

    @Test func `sends all that a side said before it ended and went`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.inputEnded(on: .near, at: .zero) == [.endOutput(.far)])
        #expect(splice.closed(.near, isReset: false, at: .zero) == [])
        #expect(splice.outputEnded(on: .far) == [.close(.far)])
        #expect(splice.closed(.far, isReset: false, at: .zero) == [])
        #expect(splice.isOver)
    }

    @Test func `holds what is not read when the other side has gone`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.readCompleted(on: .near, otherIsWritable: false) == false)
        #expect(splice.closed(.near, isReset: false, at: .zero) == [.reset(.far)])
        #expect(splice.becameWritable(.far) == false)
        #expect(splice.inputEnded(on: .near, at: .zero) == [])
    }

    @Test func `is cut off with whatever is left of it`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.cutOff() == [.reset(.near), .reset(.far)])
        _ = splice.closed(.near, isReset: false, at: .zero)
        #expect(splice.cutOff() == [.reset(.far)])
        _ = splice.closed(.far, isReset: false, at: .zero)
        #expect(splice.cutOff() == [])
    }

    @Test func `of which a side has ended is given up when nothing has moved for its time`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.wakeTime == nil)
        #expect(splice.inputEnded(on: .near, at: .seconds(5)) == [.endOutput(.far)])
        #expect(splice.outputEnded(on: .far) == [])
        // What moved before the first look nobody knows, so the time begins then.
        for time in [20, 35, 50, 65] {
            #expect(splice.wakeTime == .seconds(time))
            #expect(splice.advance(to: .seconds(time), moved: .init(bytes: 7)) == [])
        }
        #expect(splice.wakeTime == .seconds(80))
        // The target has the client's end, and may have what was sent before it; the client was not sent everything.
        #expect(splice.advance(to: .seconds(80), moved: .init(bytes: 7)) == [.reset(.near), .close(.far)])
        #expect(splice.wakeTime == nil)
        #expect(splice.closed(.near, isReset: false, at: .seconds(80)) == [.close(.far)])
        #expect(splice.closed(.far, isReset: false, at: .seconds(80)) == [])
        #expect(splice.isOver)
    }

    @Test func `of which a side has ended goes on as long as bytes move, or wait for less`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        _ = splice.inputEnded(on: .far, at: .zero)
        var now = Duration.zero
        for step in 1...20 {
            now = splice.wakeTime ?? .zero
            let moved =
                step % 2 == 0 ? Splice.Moved(bytes: UInt64(step), waitingFar: 9) : .init(bytes: 0, waitingFar: step)
            #expect(splice.advance(to: now, moved: moved) == [])
            #expect(splice.wakeTime == now + .seconds(15))
        }
        // Early looks change nothing.
        #expect(splice.advance(to: now + .seconds(14), moved: .init()) == [])
        #expect(splice.wakeTime == now + .seconds(15))
        // Both ends at once are no longer its time than one.
        #expect(splice.inputEnded(on: .near, at: now + .seconds(14)) == [.endOutput(.far)])
        #expect(splice.wakeTime == now + .seconds(15))
    }

    @Test func `both of whose sides are open may be silent for ever, and one without time has a millisecond`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        #expect(splice.readCompleted(on: .near, otherIsWritable: true) == true)
        #expect(splice.wakeTime == nil)
        #expect(splice.advance(to: .seconds(1_000_000), moved: .init()) == [])
        splice = Splice(halfClosedTimeout: .seconds(-1))
        _ = splice.inputEnded(on: .near, at: .zero)
        #expect(splice.wakeTime == .microseconds(250))
        #expect(splice.advance(to: .milliseconds(1), moved: .init()) == [])
        #expect(splice.advance(to: .milliseconds(2), moved: .init()) == [.reset(.near), .reset(.far)])
    }

    @Test func `is given up, too, when the side has gone that had said all and the other takes none of it`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        _ = splice.inputEnded(on: .near, at: .zero)
        #expect(splice.closed(.near, isReset: false, at: .seconds(1)) == [])
        #expect(splice.advance(to: .seconds(15), moved: .init(waitingFar: 9)) == [])
        #expect(splice.advance(to: .seconds(75), moved: .init(waitingFar: 9)) == [.reset(.far)])
    }

    @Test func `is not given up while its client has not taken all that its target left behind`() {
        var splice = Splice(halfClosedTimeout: .seconds(60))
        _ = splice.inputEnded(on: .far, at: .zero)
        for quarter in 1...40 {
            #expect(splice.advance(to: .seconds(15 * quarter), moved: .init(waitingNear: 9)) == [])
        }
        // What a client has left behind, its target need not take.
        splice = Splice(halfClosedTimeout: .seconds(60))
        _ = splice.inputEnded(on: .near, at: .zero)
        #expect(splice.advance(to: .seconds(15), moved: .init(waitingNear: 9)) == [])
        #expect(splice.advance(to: .seconds(75), moved: .init(waitingNear: 9)) == [.reset(.near), .reset(.far)])
    }
}
