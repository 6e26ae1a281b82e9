// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoClient

@Suite struct `Round trips` {
    @Test func `one look alone says nothing of the least, and the least is that of the last ten`() {
        var trips = RoundTrips(.seconds(3))
        #expect(trips.least == .zero)
        trips.add(.milliseconds(2))
        #expect(trips.least == .milliseconds(2))
        for _ in 0..<9 { trips.add(.milliseconds(50)) }
        #expect(trips.least == .milliseconds(2))
        trips.add(.milliseconds(50))
        #expect(trips.least == .milliseconds(50))
    }

    @Test func `the newest weighs a fifth in the mean`() {
        var trips = RoundTrips(.milliseconds(100))
        trips.add(.milliseconds(200))
        #expect(trips.mean == .milliseconds(120))
    }
}
