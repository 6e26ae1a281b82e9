// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDialDoor

@Suite struct `Those who have not shown the secret` {
    private func strangers(_ descriptors: Int? = nil, _ places: Int = 4_096) -> Strangers<Int> {
        Strangers(descriptors: descriptors, places: places)
    }

    @Test func `come back once beyond the limit, and never many`() {
        var strangers = strangers(128)
        for id in 0..<16 { #expect(strangers.came(id, at: .zero) == nil) }
        for id in 16..<1_000 {
            guard let oldest = strangers.came(id, at: .milliseconds(id)) else { continue }
            _ = strangers.returned(oldest, at: .milliseconds(id))
            #expect(strangers.count <= 17)
        }
    }

    @Test func `give way from 128 on, the oldest first, when they have had the time to`() {
        var strangers = strangers()
        for id in 0..<128 { #expect(strangers.came(id, at: .milliseconds(id)) == nil) }
        // The first has been here for 99 ms only.
        var fresh = strangers
        #expect(fresh.came(128, at: .milliseconds(99)) == nil)
        #expect(fresh.count == 129)
        #expect(strangers.came(128, at: .milliseconds(128)) == 0)
        #expect(strangers.came(129, at: .milliseconds(128)) == 1)
        #expect(strangers.count == 128)
    }

    @Test func `are the last to go once they were let in again`() {
        var strangers = strangers()
        for id in 0..<128 { #expect(strangers.came(id, at: .zero) == nil) }
        #expect(strangers.came(128, at: .seconds(1)) == 0)
        let isBack = strangers.returned(0, at: .seconds(1))
        #expect(isBack)
        #expect(strangers.count == 129)
        #expect(strangers.came(129, at: .seconds(2)) == 1)
        strangers.left(0)
        #expect(strangers.count == 128)
    }

    @Test func `are no stranger crowd who all come at once and write soon`() {
        var strangers = strangers()
        for id in 0..<1_024 { #expect(strangers.came(id, at: .zero) == nil) }
        for id in (0..<1_024).shuffled() { strangers.left(id) }
        #expect(strangers.count == 0)
        strangers.left(7)
        #expect(strangers.count == 0)
    }

    @Test(arguments: [(nil, 1_024), (1_000_000, 1_024), (1_024, 128), (256, 32), (64, 16), (0, 16)] as [(Int?, Int)])
    func `are an eighth of the descriptors at most, however fast they come`(descriptors: Int?, limit: Int) {
        var strangers = strangers(descriptors)
        for id in 0..<limit { #expect(strangers.came(id, at: .zero) == nil) }
        for id in 0..<10 { #expect(strangers.came(limit + id, at: .zero) == id) }
        #expect(strangers.count == limit)
    }

    @Test func `leave half of a small door's places to others`() {
        var strangers = strangers(nil, 10)
        for id in 0..<5 { #expect(strangers.came(id, at: .zero) == nil) }
        #expect(strangers.came(5, at: .milliseconds(100)) == 0)
        #expect(strangers.makePlace(at: .milliseconds(99)) == nil)
        #expect(strangers.makePlace(at: .milliseconds(100)) == 1)
        var single = self.strangers(nil, 1)
        #expect(single.makePlace(at: .seconds(1)) == nil)
        #expect(single.came(0, at: .zero) == nil)
        #expect(single.came(1, at: .seconds(1)) == 0)
    }
}
