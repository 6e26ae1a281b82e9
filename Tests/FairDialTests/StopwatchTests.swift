// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDial

@Suite struct `Rule 5: four clocks that never overlap` {
    @Test func `one clock runs at a time, and together they make the total`() {
        var watch = Stopwatch(running: .lookup, at: .zero)
        watch.run(.queue, at: .milliseconds(1))
        watch.run(.lookup, at: .milliseconds(11))
        watch.run(.connect, at: .milliseconds(31))
        watch.run(.lookup, at: .milliseconds(71))
        watch.run(.connect, at: .milliseconds(72))
        watch.run(.handshake, at: .milliseconds(80))
        watch.run(.handshake, at: .milliseconds(100))
        #expect(watch[.queue] == .milliseconds(10))
        #expect(watch[.lookup] == .milliseconds(22))
        #expect(watch[.connect] == .milliseconds(48))
        #expect(watch[.handshake] == .milliseconds(20))
        #expect(DialClock.allCases.map { watch[$0] }.reduce(.zero, +) == .milliseconds(100))
    }

    @Test func `a timeout counts what the clock ran before`() {
        var watch = Stopwatch(running: .lookup, at: .zero)
        watch.run(.connect, at: .milliseconds(30))
        watch.run(.lookup, at: .milliseconds(50))
        #expect(watch.instant(when: .milliseconds(100)) == .milliseconds(120))
    }

    @Test func `an event that is told late does not turn time back`() {
        var watch = Stopwatch(running: .queue, at: .zero)
        watch.run(.lookup, at: .milliseconds(50))
        watch.run(.connect, at: .milliseconds(40))
        watch.run(.connect, at: .milliseconds(60))
        #expect(watch[.queue] == .milliseconds(50))
        #expect(watch[.lookup] == .zero)
        #expect(watch[.connect] == .milliseconds(10))
    }
}
