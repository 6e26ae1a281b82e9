// SPDX-License-Identifier: Apache-2.0

import NameResolution
import Testing

private let feeds = FairnessKey(label: "feeds")
private let mail = FairnessKey(label: "mail")
private let web = FairnessKey(label: "web")
private let database = FairnessKey(label: "database")

extension FairQueue {
    /// A line without reserved slots, unless some are asked for.
    fileprivate init(slots: Int, reservedSlots: Int = 0, waitingLimit: Int = 1_000) {
        self.init(QueueConfiguration(slots: slots, reservedSlots: reservedSlots, waitingLimit: waitingLimit))
    }

    /// Has tickets join one after the other.
    fileprivate mutating func join(_ tickets: ClosedRange<Ticket>, for fairnessKey: FairnessKey, isFast: Bool = false) {
        for ticket in tickets { #expect(join(ticket, for: fairnessKey, isFast: isFast) == true) }
    }

    /// Gives out every slot that can be had.
    fileprivate mutating func grantAll() -> [Ticket] {
        var tickets: [Ticket] = []
        while let ticket = grantNext() { tickets.append(ticket) }
        return tickets
    }
}

@Suite struct `Rule 4: slots` {
    @Test func `a line that was told to have no slot has one, and takes nothing negative`() {
        var configuration = QueueConfiguration()
        configuration.slots = 0
        configuration.reservedSlots = -1
        configuration.waitingLimit = -1
        var line = FairQueue(configuration)
        #expect(line.join(1, for: feeds, isFast: false) == true)
        #expect(line.grantAll() == [1])
        #expect(line.join(2, for: feeds, isFast: false) == false)
    }

    @Test func `so many run at once and no more`() {
        var line = FairQueue(slots: 3)
        line.join(1...5, for: feeds)
        #expect(line.grantAll() == [1, 2, 3])
        #expect(line.taken == 3)
        #expect(line.waitingCount == 2)
    }

    @Test func `a slot that falls free is given out again`() {
        var line = FairQueue(slots: 1)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1])
        line.release(1)
        #expect(line.grantAll() == [2])
        line.release(2)
        #expect(line.grantAll() == [3])
    }

    @Test func `a release of what has no slot changes nothing`() {
        var line = FairQueue(slots: 1)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.release(2)
        line.release(77)
        #expect(line.grantAll() == [])
        #expect(line.taken == 1)
        #expect(line.isWaiting(2))
    }

    @Test func `a ticket joins once`() {
        var line = FairQueue(slots: 1)
        line.join(1...2, for: feeds)
        #expect(line.join(2, for: mail, isFast: false) == true)
        #expect(line.waitingCount == 2)
        #expect(line.grantAll() == [1])
        #expect(line.join(1, for: mail, isFast: false) == true)
        line.release(1)
        #expect(line.grantAll() == [2])
        line.release(2)
        #expect(line.grantAll() == [])
    }

    @Test(arguments: [(-5, 1), (0, 1), (1, 1), (7, 7)])
    func `there is a slot at least`(asked: Int, given: Int) {
        #expect(QueueConfiguration(slots: asked).bounded.slots == given)
    }

    @Test func `no number of slots is negative`() {
        let configuration = QueueConfiguration(slots: 1, reservedSlots: -1, waitingLimit: -1).bounded
        #expect(configuration == QueueConfiguration(slots: 1, reservedSlots: 0, waitingLimit: 0))
    }
}

@Suite struct `Rule 4: fairness keys take turns` {
    @Test func `one fairness key's many wait behind another's few`() {
        var line = FairQueue(slots: 1)
        line.join(1...4, for: feeds)
        line.join(11...12, for: mail)
        line.join(21...21, for: web)
        var order: [FairQueue.Ticket] = []
        while let ticket = line.grantNext() {
            order.append(ticket)
            line.release(ticket)
        }
        #expect(order == [1, 11, 21, 2, 12, 3, 4])
    }

    @Test func `a fairness key over its share is granted no further slot while others wait`() {
        var line = FairQueue(slots: 4)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1, 2, 3])
        line.join(4...9, for: feeds)
        line.join(11...13, for: mail)
        // Two each is the share: feeds has three.
        #expect(line.grantAll() == [11])
        line.release(1)
        #expect(line.grantAll() == [12])
        line.release(11)
        #expect(line.grantAll() == [13])
    }

    @Test func `a slot that nobody below its share wants goes to one above`() {
        var line = FairQueue(slots: 4)
        line.join(11...11, for: mail)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [11, 1, 2, 3])
    }

    @Test func `those above their share take turns, too`() {
        var line = FairQueue(slots: 2)
        line.join(1...3, for: feeds)
        line.join(11...13, for: mail)
        line.join(21...23, for: web)
        #expect(line.grantAll() == [1, 11])
        line.release(1)
        #expect(line.grantAll() == [21])
        line.release(11)
        #expect(line.grantAll() == [2])
        line.release(21)
        #expect(line.grantAll() == [12])
    }

    @Test func `a fairness key that comes late waits for one round at most`() {
        var line = FairQueue(slots: 1)
        line.join(1...50, for: feeds)
        line.join(101...150, for: mail)
        #expect(line.grantAll() == [1])
        line.join(201...201, for: database)
        var order: [FairQueue.Ticket] = []
        var last: FairQueue.Ticket = 1
        for _ in 0..<3 {
            line.release(last)
            last = line.grantNext() ?? 0
            order.append(last)
        }
        #expect(order == [101, 2, 201])
    }
}

@Suite struct `Rule 4: reserved slots` {
    @Test func `a fairness key with nothing under way starts at once, whatever the line`() {
        var line = FairQueue(slots: 2, reservedSlots: 4)
        line.join(1...500, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(1_001...1_002, for: database)
        #expect(line.grantAll() == [1_001])
        #expect(line.taken == 3)
    }

    @Test func `a fast name starts at once, whatever the line`() {
        var line = FairQueue(slots: 2, reservedSlots: 4)
        line.join(1...500, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(501...501, for: feeds, isFast: true)
        #expect(line.grantAll() == [501])
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (7, 6), (8, 6), (16, 12)])
    func `the last quarter is for fast names alone`(reservedSlots: Int, forIdle: Int) {
        var line = FairQueue(slots: 1, reservedSlots: reservedSlots)
        line.join(1...1, for: feeds)
        for number in 0..<20 {
            line.join(100 + UInt64(number)...100 + UInt64(number), for: FairnessKey(label: "new \(number)"))
        }
        #expect(line.grantAll().count == 1 + forIdle)
        line.join(200...220, for: feeds, isFast: true)
        #expect(line.grantAll() == Array((200 as UInt64)..<200 + UInt64(reservedSlots - forIdle)))
        #expect(line.taken == 1 + reservedSlots)
    }

    @Test func `a reserved slot that falls free goes to nobody but those it is kept for`() {
        var line = FairQueue(slots: 2, reservedSlots: 4)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(101...101, for: database)
        #expect(line.grantAll() == [101])
        line.release(101)
        #expect(line.grantAll() == [])
    }

    @Test func `a fairness key is owed a reserved slot again when its last has ended`() {
        var line = FairQueue(slots: 1, reservedSlots: 1)
        line.join(1...3, for: feeds)
        line.join(11...12, for: mail)
        #expect(line.grantAll() == [1, 11])
        line.release(11)
        #expect(line.grantAll() == [12])
    }

    @Test func `a fairness key that cancels its first is still owed a reserved slot for its second`() {
        var line = FairQueue(slots: 1, reservedSlots: 1)
        line.join(1...1, for: web)
        #expect(line.grantAll() == [1])
        // mail takes the one reserved slot, and two more of its own wait behind it.
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [11])
        line.join(12...13, for: mail)
        line.join(21...21, for: feeds)
        #expect(line.grantAll() == [])
        line.release(11)
        #expect(line.grantAll() == [21])
        #expect(line.cancel(12) == true)
        line.release(21)
        #expect(line.grantAll() == [13])
    }

    @Test func `without reserved slots everybody waits in line`() {
        var line = FairQueue(slots: 1, reservedSlots: 0)
        line.join(1...2, for: feeds)
        line.join(11...11, for: database, isFast: true)
        #expect(line.grantAll() == [1])
    }
}

@Suite struct `Rule 4: the waiting limit` {
    @Test func `beyond it the line is full`() {
        var line = FairQueue(slots: 1, waitingLimit: 2)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        line.join(2...3, for: feeds)
        #expect(line.join(4, for: feeds, isFast: false) == false)
        #expect(!line.isWaiting(4))
        #expect(line.cancel(2) == true)
        #expect(line.join(4, for: feeds, isFast: false) == true)
    }

    @Test func `whoever can start at once needs no slot to wait`() {
        var line = FairQueue(slots: 1, reservedSlots: 4, waitingLimit: 0)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.join(2, for: feeds, isFast: false) == false)
        line.join(11...11, for: database)
        #expect(line.grantAll() == [11])
        line.join(3...3, for: feeds, isFast: true)
        #expect(line.grantAll() == [3])
    }

    @Test func `a full line has no more than its limit, whatever is kept`() {
        var line = FairQueue(slots: 1, reservedSlots: 1, waitingLimit: 1)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        line.join(2...2, for: feeds)
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [11])
        #expect(line.join(21, for: web, isFast: true) == false)
        #expect(line.waitingCount == 1)
    }
}

@Suite struct `Rule 4: leaving the line` {
    @Test func `a ticket that is cancelled is never granted`() {
        var line = FairQueue(slots: 1)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.cancel(2) == true)
        #expect(!line.isWaiting(2))
        line.release(1)
        #expect(line.grantAll() == [3])
    }

    @Test func `only what waits can be cancelled`() {
        var line = FairQueue(slots: 1)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.cancel(1) == false)
        #expect(line.cancel(2) == false)
        #expect(line.taken == 1)
    }

    @Test func `a fairness key that has gone is nobody's competitor`() {
        var line = FairQueue(slots: 4)
        line.join(1...1, for: mail)
        #expect(line.grantAll() == [1])
        line.release(1)
        line.join(11...20, for: feeds)
        #expect(line.grantAll() == [11, 12, 13, 14])
    }
}

@Suite struct `Rule 3: a shared ticket holds the best slot that any fairness key is owed` {
    @Test func `it comes up in the turn of whoever joined it`() {
        var line = FairQueue(slots: 1)
        line.join(1...9, for: feeds)
        line.join(11...11, for: mail)
        line.add(mail, to: 9)
        #expect(line.grantAll() == [1])
        line.release(1)
        #expect(line.grantAll() == [11])
        line.release(11)
        #expect(line.grantAll() == [2])
        line.release(2)
        #expect(line.grantAll() == [9])
    }

    @Test func `an idle fairness key brings it a reserved slot`() {
        var line = FairQueue(slots: 1, reservedSlots: 1)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [1])
        line.add(database, to: 7)
        #expect(line.grantAll() == [7])
    }

    @Test func `it is granted once`() {
        var line = FairQueue(slots: 3)
        line.join(1...1, for: feeds)
        line.add(mail, to: 1)
        line.add(mail, to: 1)
        line.add(web, to: 1)
        #expect(line.grantAll() == [1])
        line.release(1)
        #expect(line.grantAll() == [])
        #expect(line.taken == 0)
    }

    @Test func `it counts against one fairness key's share alone`() {
        var line = FairQueue(slots: 2)
        line.join(1...1, for: feeds)
        line.add(mail, to: 1)
        #expect(line.grantAll() == [1])
        line.join(2...2, for: feeds)
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [11])
    }

    @Test func `nobody joins what does not wait`() {
        var line = FairQueue(slots: 1)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        line.add(mail, to: 1)
        line.add(mail, to: 2)
        #expect(line.waitingCount == 0)
        line.release(1)
        #expect(line.grantAll() == [])
    }

    @Test(arguments: [true, false])
    func `put back, it is owed the slots of all who wait for it`(wasJoinedBefore: Bool) {
        var line = FairQueue(slots: 2, reservedSlots: 1)
        line.join(1...1, for: feeds)
        if wasJoinedBefore { line.add(mail, to: 1) }
        line.join(2...4, for: feeds)
        #expect(line.grantAll() == [1, 2])
        if !wasJoinedBefore { line.add(mail, to: 1) }
        line.join(11...13, for: web)
        #expect(line.grantAll() == [11])
        line.putBack(1)
        line.release(11)
        // web has the free slot; mail, which has nothing under way, is owed the kept one.
        #expect(line.grantAll() == [12, 1])
    }
}

@Suite struct `Rule 4: a slot that is given back undone` {
    @Test func `the ticket waits again, first among its fairness key's`() {
        var line = FairQueue(slots: 2)
        line.join(1...4, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.putBack(2)
        #expect(line.isWaiting(2))
        #expect(line.taken == 1)
        line.release(1)
        #expect(line.grantAll() == [2, 3])
    }

    @Test func `nothing is granted until some other slot falls free`() {
        var line = FairQueue(slots: 2, reservedSlots: 4)
        line.join(1...4, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.putBack(2)
        line.join(11...11, for: database, isFast: true)
        #expect(line.grantAll() == [])
        #expect(line.takeExtraPlace() == false)
        #expect(line.cancel(11) == true)
        #expect(line.grantAll() == [])
        line.release(1)
        #expect(line.grantAll() == [2, 3])
    }

    @Test func `where no slot is taken, the line goes on`() {
        var line = FairQueue(slots: 1)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.putBack(1)
        #expect(line.grantAll() == [1])
    }

    @Test func `a fast name keeps its claim to a reserved slot`() {
        var line = FairQueue(slots: 2, reservedSlots: 4)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(10...11, for: feeds, isFast: true)
        #expect(line.grantAll() == [10, 11])
        line.putBack(11)
        line.join(101...103, for: mail)
        line.release(10)
        #expect(line.grantAll() == [101, 11])
    }

    @Test func `a fairness key that is idle by it is owed a reserved slot`() {
        var line = FairQueue(slots: 1, reservedSlots: 1)
        line.join(1...2, for: feeds)
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [1, 11])
        line.putBack(11)
        #expect(line.grantAll() == [])
        line.join(21...21, for: web)
        line.release(1)
        // The free slot goes to mail in its turn, the kept one to web, which has waited for it longest.
        #expect(line.grantAll() == [11, 21])
        line.release(21)
        #expect(line.grantAll() == [2])
    }

    @Test func `only a granted ticket can be put back`() {
        var line = FairQueue(slots: 1)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.putBack(2)
        line.putBack(3)
        line.release(1)
        #expect(line.grantAll() == [2])
    }

    @Test func `put back, a ticket can be cancelled`() {
        var line = FairQueue(slots: 2)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.putBack(2)
        #expect(line.cancel(2) == true)
        line.release(1)
        #expect(line.grantAll() == [3])
        line.release(3)
        #expect(line.taken == 0)
    }
}

@Suite struct `Rule 4: extra slots` {
    @Test func `they are given only while fewer than half are taken`() {
        var line = FairQueue(slots: 5)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.takeExtraPlace() == true)
        #expect(line.takeExtraPlace() == true)
        #expect(line.takeExtraPlace() == false)
        #expect(line.taken == 3)
    }

    @Test func `they count as taken`() {
        var line = FairQueue(slots: 3)
        #expect(line.takeExtraPlace() == true)
        #expect(line.takeExtraPlace() == true)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.releaseExtraPlace()
        #expect(line.grantAll() == [2])
    }

    @Test func `one that was not taken cannot be given back`() {
        var line = FairQueue(slots: 1)
        line.releaseExtraPlace()
        #expect(line.taken == 0)
        #expect(line.takeExtraPlace() == true)
        line.releaseExtraPlace()
        line.releaseExtraPlace()
        #expect(line.taken == 0)
    }

    @Test func `one that is given back lets a held line go on`() {
        var line = FairQueue(slots: 4)
        line.join(1...1, for: feeds)
        #expect(line.takeExtraPlace() == true)
        #expect(line.grantAll() == [1])
        line.putBack(1)
        #expect(line.grantAll() == [])
        line.releaseExtraPlace()
        #expect(line.grantAll() == [1])
    }
}
