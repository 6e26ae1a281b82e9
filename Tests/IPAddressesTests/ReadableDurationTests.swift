// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IPAddresses

@Suite struct `Durations for people` {
    @Test(arguments: [
        (Duration.zero, "0 s"), (.nanoseconds(1), "1 ns"), (.nanoseconds(999), "999 ns"),
        (.nanoseconds(1_000), "1 µs"), (.nanoseconds(1_050), "1.05 µs"), (.nanoseconds(12_340), "12.3 µs"),
        (.microseconds(999), "999 µs"), (.milliseconds(1), "1 ms"), (.microseconds(1_500), "1.5 ms"),
        (.milliseconds(250), "250 ms"), (.milliseconds(1_020), "1.02 s"), (.seconds(10), "10 s"),
        (.seconds(130), "130 s"), (.seconds(501), "501 s"), (.milliseconds(-1_500), "-1.5 s"),
        (.seconds(Int64.max), "9223372036854775807 s"),
    ])
    func `three digits at most, in the unit that fits`(duration: Duration, text: String) {
        #expect(duration.readable == text)
    }
}
