// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDialDoor

@Suite struct `A splice` {
    @Test func `is read no faster than the other side takes it, each way by itself`() {
        var splice = Splice()
        #expect(splice.readCompleted(on: .near, otherIsWritable: true) == true)
        #expect(splice.readCompleted(on: .near, otherIsWritable: false) == false)
        #expect(splice.readCompleted(on: .far, otherIsWritable: true) == true)
        // The near side's taking more is nothing to the near side's reading.
        #expect(splice.becameWritable(.near) == false)
        #expect(splice.becameWritable(.far) == true)
        #expect(splice.becameWritable(.far) == false)
    }

    @Test func `passes an end on, and is over when both have ended and are sent`() {
        var splice = Splice()
        #expect(splice.inputEnded(on: .near) == [.endOutput(.far)])
        #expect(splice.inputEnded(on: .near) == [])
        #expect(splice.readCompleted(on: .near, otherIsWritable: true) == false)
        #expect(splice.outputEnded(on: .far) == [])
        #expect(splice.readCompleted(on: .far, otherIsWritable: true) == true)
        #expect(splice.inputEnded(on: .far) == [.endOutput(.near)])
        #expect(splice.outputEnded(on: .near) == [.close(.near), .close(.far)])
        #expect(splice.closed(.near, isReset: false) == [.close(.far)])
        #expect(!splice.isOver)
        #expect(splice.closed(.far, isReset: false) == [])
        #expect(splice.isOver)
    }

    @Test func `passes a reset on`() {
        for (side, isReset) in [(Splice.Side.near, true), (.far, true), (.near, false), (.far, false)] {
            var splice = Splice()
            #expect(splice.closed(side, isReset: isReset) == [.reset(side.other)])
            #expect(splice.closed(side, isReset: false) == [])
            #expect(splice.closed(side.other, isReset: false) == [])
            #expect(splice.isOver)
        }
    }

    @Test func `takes a close for an end where the other end was there, and a reset for none`() {
        var splice = Splice()
        #expect(splice.inputEnded(on: .near) == [.endOutput(.far)])
        #expect(splice.closed(.far, isReset: false) == [.endOutput(.near)])
        #expect(splice.outputEnded(on: .near) == [.close(.near)])
        splice = Splice()
        #expect(splice.inputEnded(on: .near) == [.endOutput(.far)])
        #expect(splice.closed(.far, isReset: true) == [.reset(.near)])
    }

    @Test func `sends all that a side said before it ended and went`() {
        var splice = Splice()
        #expect(splice.inputEnded(on: .near) == [.endOutput(.far)])
        #expect(splice.closed(.near, isReset: false) == [])
        #expect(splice.outputEnded(on: .far) == [.close(.far)])
        #expect(splice.closed(.far, isReset: false) == [])
        #expect(splice.isOver)
    }

    @Test func `holds what is not read when the other side has gone`() {
        var splice = Splice()
        #expect(splice.readCompleted(on: .near, otherIsWritable: false) == false)
        #expect(splice.closed(.near, isReset: false) == [.reset(.far)])
        #expect(splice.becameWritable(.far) == false)
        #expect(splice.inputEnded(on: .near) == [])
    }

    @Test func `is cut off with whatever is left of it`() {
        var splice = Splice()
        #expect(splice.cutOff() == [.reset(.near), .reset(.far)])
        _ = splice.closed(.near, isReset: false)
        #expect(splice.cutOff() == [.reset(.far)])
        _ = splice.closed(.far, isReset: false)
        #expect(splice.cutOff() == [])
    }
}
