// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import DNSResolution

private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

@Suite struct `Rule 6: before the clock, loops are asked to have read their streams` {
    @Test func `all has been read as of the question when the last one has answered`() {
        var reading = DNSEngine.StreamReading()
        reading.ask(2, at: at(70))
        let first = reading.hasRead()
        #expect(!first)
        #expect(reading.until == .zero)
        let second = reading.hasRead()
        #expect(second)
        #expect(reading.until == at(70))
        #expect(reading.asked == nil)
        let late = reading.hasRead()
        #expect(!late)
    }

    @Test func `a loop that somebody blocks is waited for half a second`() {
        var reading = DNSEngine.StreamReading()
        reading.ask(1, at: at(70))
        #expect(reading.end == at(570))
        reading.giveUp(at: at(569))
        #expect(reading.asked == at(70))
        reading.giveUp(at: at(570))
        #expect(reading.until == at(70))
        #expect(reading.end == nil)
    }
}
