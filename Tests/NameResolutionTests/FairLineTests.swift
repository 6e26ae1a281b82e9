// SPDX-License-Identifier: Apache-2.0

import NameResolution
import Testing

private let feeds = Asker(label: "feeds")
private let mail = Asker(label: "mail")
private let web = Asker(label: "web")
private let database = Asker(label: "database")

extension FairLine {
    /// A line without kept places, unless some are asked for.
    fileprivate init(places: Int, kept: Int = 0, waitingLimit: Int = 1_000) {
        self.init(Configuration(places: places, kept: kept, waitingLimit: waitingLimit))
    }

    /// Has tickets join one after the other.
    fileprivate mutating func join(_ tickets: ClosedRange<Ticket>, for asker: Asker, isFast: Bool = false) {
        for ticket in tickets { #expect(join(ticket, for: asker, isFast: isFast) == true) }
    }

    /// Gives out every place that can be had.
    fileprivate mutating func grantAll() -> [Ticket] {
        var tickets: [Ticket] = []
        while let ticket = grantNext() { tickets.append(ticket) }
        return tickets
    }
}

@Suite struct `Rule 4: places` {
    @Test func `a line that was told to have no place has one, and takes nothing negative`() {
        var configuration = FairLine.Configuration()
        configuration.places = 0
        configuration.kept = -1
        configuration.waitingLimit = -1
        var line = FairLine(configuration)
        #expect(line.join(1, for: feeds, isFast: false) == true)
        #expect(line.grantAll() == [1])
        #expect(line.join(2, for: feeds, isFast: false) == false)
    }

    @Test func `so many run at once and no more`() {
        var line = FairLine(places: 3)
        line.join(1...5, for: feeds)
        #expect(line.grantAll() == [1, 2, 3])
        #expect(line.taken == 3)
        #expect(line.waitingCount == 2)
    }

    @Test func `a place that falls free is given out again`() {
        var line = FairLine(places: 1)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1])
        line.release(1)
        #expect(line.grantAll() == [2])
        line.release(2)
        #expect(line.grantAll() == [3])
    }

    @Test func `a release of what has no place changes nothing`() {
        var line = FairLine(places: 1)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.release(2)
        line.release(77)
        #expect(line.grantAll() == [])
        #expect(line.taken == 1)
        #expect(line.isWaiting(2))
    }

    @Test func `a ticket joins once`() {
        var line = FairLine(places: 1)
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
    func `there is a place at least`(asked: Int, given: Int) {
        #expect(FairLine.Configuration(places: asked).places == given)
    }

    @Test func `no number of places is negative`() {
        let configuration = FairLine.Configuration(places: 1, kept: -1, waitingLimit: -1)
        #expect(configuration == FairLine.Configuration(places: 1, kept: 0, waitingLimit: 0))
    }
}

@Suite struct `Rule 4: askers take turns` {
    @Test func `one asker's many wait behind another's few`() {
        var line = FairLine(places: 1)
        line.join(1...4, for: feeds)
        line.join(11...12, for: mail)
        line.join(21...21, for: web)
        var order: [FairLine.Ticket] = []
        while let ticket = line.grantNext() {
            order.append(ticket)
            line.release(ticket)
        }
        #expect(order == [1, 11, 21, 2, 12, 3, 4])
    }

    @Test func `an asker over its share is granted no further place while others wait`() {
        var line = FairLine(places: 4)
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

    @Test func `a place that nobody below its share wants goes to one above`() {
        var line = FairLine(places: 4)
        line.join(11...11, for: mail)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [11, 1, 2, 3])
    }

    @Test func `those above their share take turns, too`() {
        var line = FairLine(places: 2)
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

    @Test func `an asker that comes late waits for one round at most`() {
        var line = FairLine(places: 1)
        line.join(1...50, for: feeds)
        line.join(101...150, for: mail)
        #expect(line.grantAll() == [1])
        line.join(201...201, for: database)
        var order: [FairLine.Ticket] = []
        var last: FairLine.Ticket = 1
        for _ in 0..<3 {
            line.release(last)
            last = line.grantNext() ?? 0
            order.append(last)
        }
        #expect(order == [101, 2, 201])
    }
}

@Suite struct `Rule 4: kept places` {
    @Test func `an asker with nothing under way starts at once, whatever the line`() {
        var line = FairLine(places: 2, kept: 4)
        line.join(1...500, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(1_001...1_002, for: database)
        #expect(line.grantAll() == [1_001])
        #expect(line.taken == 3)
    }

    @Test func `a fast name starts at once, whatever the line`() {
        var line = FairLine(places: 2, kept: 4)
        line.join(1...500, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(501...501, for: feeds, isFast: true)
        #expect(line.grantAll() == [501])
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (7, 6), (8, 6), (16, 12)])
    func `the last quarter is for fast names alone`(kept: Int, forIdle: Int) {
        var line = FairLine(places: 1, kept: kept)
        line.join(1...1, for: feeds)
        for number in 0..<20 {
            line.join(100 + UInt64(number)...100 + UInt64(number), for: Asker(label: "new \(number)"))
        }
        #expect(line.grantAll().count == 1 + forIdle)
        line.join(200...220, for: feeds, isFast: true)
        #expect(line.grantAll() == Array((200 as UInt64)..<200 + UInt64(kept - forIdle)))
        #expect(line.taken == 1 + kept)
    }

    @Test func `a kept place that falls free goes to nobody but those it is kept for`() {
        var line = FairLine(places: 2, kept: 4)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(101...101, for: database)
        #expect(line.grantAll() == [101])
        line.release(101)
        #expect(line.grantAll() == [])
    }

    @Test func `an asker is owed a kept place again when its last has ended`() {
        var line = FairLine(places: 1, kept: 1)
        line.join(1...3, for: feeds)
        line.join(11...12, for: mail)
        #expect(line.grantAll() == [1, 11])
        line.release(11)
        #expect(line.grantAll() == [12])
    }

    @Test func `an asker that withdraws its first is still owed a kept place for its second`() {
        var line = FairLine(places: 1, kept: 1)
        line.join(1...1, for: web)
        #expect(line.grantAll() == [1])
        // mail takes the one kept place, and two more of its own wait behind it.
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [11])
        line.join(12...13, for: mail)
        line.join(21...21, for: feeds)
        #expect(line.grantAll() == [])
        line.release(11)
        #expect(line.grantAll() == [21])
        #expect(line.withdraw(12) == true)
        line.release(21)
        #expect(line.grantAll() == [13])
    }

    @Test func `without kept places everybody waits in line`() {
        var line = FairLine(places: 1, kept: 0)
        line.join(1...2, for: feeds)
        line.join(11...11, for: database, isFast: true)
        #expect(line.grantAll() == [1])
    }
}

@Suite struct `Rule 4: the waiting limit` {
    @Test func `beyond it the line is full`() {
        var line = FairLine(places: 1, waitingLimit: 2)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        line.join(2...3, for: feeds)
        #expect(line.join(4, for: feeds, isFast: false) == false)
        #expect(!line.isWaiting(4))
        #expect(line.withdraw(2) == true)
        #expect(line.join(4, for: feeds, isFast: false) == true)
    }

    @Test func `whoever can start at once needs no place to wait`() {
        var line = FairLine(places: 1, kept: 4, waitingLimit: 0)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.join(2, for: feeds, isFast: false) == false)
        line.join(11...11, for: database)
        #expect(line.grantAll() == [11])
        line.join(3...3, for: feeds, isFast: true)
        #expect(line.grantAll() == [3])
    }

    @Test func `a full line has no more than its limit, whatever is kept`() {
        var line = FairLine(places: 1, kept: 1, waitingLimit: 1)
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
    @Test func `a ticket that is withdrawn is never granted`() {
        var line = FairLine(places: 1)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.withdraw(2) == true)
        #expect(!line.isWaiting(2))
        line.release(1)
        #expect(line.grantAll() == [3])
    }

    @Test func `only what waits can be withdrawn`() {
        var line = FairLine(places: 1)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.withdraw(1) == false)
        #expect(line.withdraw(2) == false)
        #expect(line.taken == 1)
    }

    @Test func `an asker that has gone is nobody's competitor`() {
        var line = FairLine(places: 4)
        line.join(1...1, for: mail)
        #expect(line.grantAll() == [1])
        line.release(1)
        line.join(11...20, for: feeds)
        #expect(line.grantAll() == [11, 12, 13, 14])
    }
}

@Suite struct `Rule 3: a shared ticket holds the best place that any asker is owed` {
    @Test func `it comes up in the turn of whoever joined it`() {
        var line = FairLine(places: 1)
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

    @Test func `an idle asker brings it a kept place`() {
        var line = FairLine(places: 1, kept: 1)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [1])
        line.add(database, to: 7)
        #expect(line.grantAll() == [7])
    }

    @Test func `it is granted once`() {
        var line = FairLine(places: 3)
        line.join(1...1, for: feeds)
        line.add(mail, to: 1)
        line.add(mail, to: 1)
        line.add(web, to: 1)
        #expect(line.grantAll() == [1])
        line.release(1)
        #expect(line.grantAll() == [])
        #expect(line.taken == 0)
    }

    @Test func `it counts against one asker's share alone`() {
        var line = FairLine(places: 2)
        line.join(1...1, for: feeds)
        line.add(mail, to: 1)
        #expect(line.grantAll() == [1])
        line.join(2...2, for: feeds)
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [11])
    }

    @Test func `nobody joins what does not wait`() {
        var line = FairLine(places: 1)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        line.add(mail, to: 1)
        line.add(mail, to: 2)
        #expect(line.waitingCount == 0)
        line.release(1)
        #expect(line.grantAll() == [])
    }

    @Test(arguments: [true, false])
    func `put back, it is owed the places of all who wait for it`(wasJoinedBefore: Bool) {
        var line = FairLine(places: 2, kept: 1)
        line.join(1...1, for: feeds)
        if wasJoinedBefore { line.add(mail, to: 1) }
        line.join(2...4, for: feeds)
        #expect(line.grantAll() == [1, 2])
        if !wasJoinedBefore { line.add(mail, to: 1) }
        line.join(11...13, for: web)
        #expect(line.grantAll() == [11])
        line.putBack(1)
        line.release(11)
        // web has the free place; mail, which has nothing under way, is owed the kept one.
        #expect(line.grantAll() == [12, 1])
    }
}

@Suite struct `Rule 4: a place that is given back undone` {
    @Test func `the ticket waits again, first among its asker's`() {
        var line = FairLine(places: 2)
        line.join(1...4, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.putBack(2)
        #expect(line.isWaiting(2))
        #expect(line.taken == 1)
        line.release(1)
        #expect(line.grantAll() == [2, 3])
    }

    @Test func `nothing is granted until some other place falls free`() {
        var line = FairLine(places: 2, kept: 4)
        line.join(1...4, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.putBack(2)
        line.join(11...11, for: database, isFast: true)
        #expect(line.grantAll() == [])
        #expect(line.takeExtraPlace() == false)
        #expect(line.withdraw(11) == true)
        #expect(line.grantAll() == [])
        line.release(1)
        #expect(line.grantAll() == [2, 3])
    }

    @Test func `where no place is taken, the line goes on`() {
        var line = FairLine(places: 1)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.putBack(1)
        #expect(line.grantAll() == [1])
    }

    @Test func `a fast name keeps its claim to a kept place`() {
        var line = FairLine(places: 2, kept: 4)
        line.join(1...9, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.join(10...11, for: feeds, isFast: true)
        #expect(line.grantAll() == [10, 11])
        line.putBack(11)
        line.join(101...103, for: mail)
        line.release(10)
        #expect(line.grantAll() == [101, 11])
    }

    @Test func `an asker that is idle by it is owed a kept place`() {
        var line = FairLine(places: 1, kept: 1)
        line.join(1...2, for: feeds)
        line.join(11...11, for: mail)
        #expect(line.grantAll() == [1, 11])
        line.putBack(11)
        #expect(line.grantAll() == [])
        line.join(21...21, for: web)
        line.release(1)
        // The free place goes to mail in its turn, the kept one to web, which has waited for it longest.
        #expect(line.grantAll() == [11, 21])
        line.release(21)
        #expect(line.grantAll() == [2])
    }

    @Test func `only a granted ticket can be put back`() {
        var line = FairLine(places: 1)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.putBack(2)
        line.putBack(3)
        line.release(1)
        #expect(line.grantAll() == [2])
    }

    @Test func `put back, a ticket can be withdrawn`() {
        var line = FairLine(places: 2)
        line.join(1...3, for: feeds)
        #expect(line.grantAll() == [1, 2])
        line.putBack(2)
        #expect(line.withdraw(2) == true)
        line.release(1)
        #expect(line.grantAll() == [3])
        line.release(3)
        #expect(line.taken == 0)
    }
}

@Suite struct `Rule 4: extra places` {
    @Test func `they are given only while fewer than half are taken`() {
        var line = FairLine(places: 5)
        line.join(1...1, for: feeds)
        #expect(line.grantAll() == [1])
        #expect(line.takeExtraPlace() == true)
        #expect(line.takeExtraPlace() == true)
        #expect(line.takeExtraPlace() == false)
        #expect(line.taken == 3)
    }

    @Test func `they count as taken`() {
        var line = FairLine(places: 3)
        #expect(line.takeExtraPlace() == true)
        #expect(line.takeExtraPlace() == true)
        line.join(1...2, for: feeds)
        #expect(line.grantAll() == [1])
        line.releaseExtraPlace()
        #expect(line.grantAll() == [2])
    }

    @Test func `one that was not taken cannot be given back`() {
        var line = FairLine(places: 1)
        line.releaseExtraPlace()
        #expect(line.taken == 0)
        #expect(line.takeExtraPlace() == true)
        line.releaseExtraPlace()
        line.releaseExtraPlace()
        #expect(line.taken == 0)
    }

    @Test func `one that is given back lets a held line go on`() {
        var line = FairLine(places: 4)
        line.join(1...1, for: feeds)
        #expect(line.takeExtraPlace() == true)
        #expect(line.grantAll() == [1])
        line.putBack(1)
        #expect(line.grantAll() == [])
        line.releaseExtraPlace()
        #expect(line.grantAll() == [1])
    }
}
