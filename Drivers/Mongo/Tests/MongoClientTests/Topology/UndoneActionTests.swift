// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoClient

@Suite struct `What the topology has decided` {
    private static let address = ServerAddress(host: "h")
    private static let clear = TopologyMachine.Action.clearPool(address, interruptsUse: false)
    private static let ready = TopologyMachine.Action.readyPool(address)

    @Test func `is done in its order, by one at a time`() {
        var undone = UndoneActions()
        // A fault is decided on by one thread, which is held up; another one hears that all is well.
        let whose = [undone.add([Self.clear, .check(Self.address)]), undone.add([Self.ready])]
        #expect(whose == [true, false])
        let first = undone.next()
        let isAnothers = undone.add([])
        let rest = [undone.next(), undone.next()]
        #expect(first == Self.clear)
        #expect(!isAnothers)
        #expect(rest == [.check(Self.address), Self.ready])
        #expect(undone.isUnderWay)
        let end = undone.next()
        #expect(end == nil)
        #expect(!undone.isUnderWay)
        let isOurs = undone.add([])
        #expect(isOurs)
    }
}
