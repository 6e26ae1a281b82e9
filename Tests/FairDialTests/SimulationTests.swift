// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import NIOConcurrencyHelpers
import Testing

@testable import FairDialSimulation

/// `Scripts/test` simulates 200,000 runs more, half of them packet by packet; `Tests/PlantedFaults/check` shows that
/// they find what is wrong.
@Suite struct `Simulated afternoons` {
    @Test func `every rule holds`() {
        for seed in 0..<2_000 as Range<UInt64> {
            if let violation = Simulation.run(seed: seed) {
                Issue.record("\(violation.what): fairdial simulate --seed \(seed) --runs 1 --story")
                return
            }
        }
    }

    /// Found by longer runs; each had a fault of its own, in the resolver or in the simulation's own rules.
    @Test(
        arguments: [
            897_904, 1_253_700, 2_160_956, 2_320_722, 2_915_144, 4_416_106, 5_709_482, 5_874_236, 6_978_589,
            7_930_579, 8_456_395, 9_731_468, 10_373_965, 10_646_642, 2_946_469,
        ] as [UInt64]
    )
    func `a seed that once broke a rule does not any more`(seed: UInt64) {
        #expect(Simulation.run(seed: seed)?.what == nil)
    }

    @Test func `a seed says everything that happens`() {
        func story(_ seed: UInt64) -> [String] {
            let lines = NIOLockedValueBox<[String]>([])
            _ = Simulation.run(seed: seed) { line in lines.withLockedValue { $0.append(line) } }
            return lines.withLockedValue { $0 }
        }
        // Among so many there are bindings of equal priority, which are shuffled.
        for seed in 1...400 as ClosedRange<UInt64> {
            let difference = zip(story(seed), story(seed)).first { $0 != $1 }
            #expect(difference == nil, "seed \(seed)")
        }
        #expect(story(1) != story(2))
    }

    @Test func `everything that a dial can come to happens in them`() {
        let missing = NIOLockedValueBox<Set<String>>([])
        let signs: Set<String> = [
            "is connected to", "has a socket to", "has its answer", "was not answered within", "no attempt connected",
            "no slot in the resolver's queue", "no descriptor was free", "the deadline of", "cancelled during",
            "and not ready within", "forbidden by the caller", "the channel initializer failed", "connected, and then",
            "says no at once", "nobody can watch", "a loop is blocked", "the machine sleeps", "no such name",
            "the servers are silent", "names wait for the resolver already", "the name has no address", "silent for",
            "all 2 addresses failed", "no channel can be made", "bindings(",
        ]
        missing.withLockedValue { $0 = signs }
        for seed in 0..<10_000 as Range<UInt64> where missing.withLockedValue({ !$0.isEmpty }) {
            _ = Simulation.run(seed: seed) { line in
                missing.withLockedValue { missing in
                    for sign in missing where line.contains(sign) { missing.remove(sign) }
                }
            }
        }
        #expect(missing.withLockedValue { $0 } == [])
    }

    @Test func `everything that a lookup in DNS can meet happens in them`() {
        var missing: Set<String> = [
            "lost on the way there", "lost on the way back", "the forger sends to port", "over a stream",
            "no socket: 24",
            "no thread to read datagrams with", "the reader does not run", "the machine sleeps", "in another network",
            "is cancelled", "another spelling", "no query waits for identifier",
            "asked again over a stream", "connection refused", "closed by the server",
            "is set aside", "is shown a copy", "answers again", "its answer cannot be read",
            "no answer within", "SERVFAIL", "REFUSED", "NXDOMAIN", "BADCOOKIE", "is another name of",
            "the cache knows it",
        ]
        for seed in 0..<10_000 as Range<UInt64> where !missing.isEmpty && Simulation.hasPacketsAlone(seed) {
            let story = NIOLockedValueBox("")
            _ = Simulation.run(seed: seed) { line in story.withLockedValue { $0 += line + "\n" } }
            let text = story.withLockedValue { $0 }
            for sign in missing where text.contains(sign) { missing.remove(sign) }
        }
        #expect(missing == [])
    }

    @Test func `an adversary says everything that it can, and every rule holds`() {
        var missing = Set(AdversaryMessage.Text.allCases.map { "\($0)" })
        missing.formUnion([
            "mutated 50 %", "floods 3 %", "closes 100 %", "talks first", "aliases of", "its aliases have no end",
        ])
        // What is seldom may need more of them.
        for seed in 0..<64_000 as Range<UInt64> where Simulation.hasAdversary(seed) {
            let story = NIOLockedValueBox("")
            let violation = Simulation.run(seed: seed) { line in story.withLockedValue { $0 += line + "\n" } }
            if let violation {
                Issue.record("\(violation.what): fairdial simulate --seed \(seed) --runs 1 --story")
                return
            }
            let text = story.withLockedValue { $0 }
            for sign in missing where text.contains(sign) { missing.remove(sign) }
            if seed >= 8_000, missing.isEmpty { return }
        }
        #expect(missing == [])
    }

    @Test func `what an adversary brings about is counted, and too much is told`() {
        let calm = QueryLoad(queries: 2, tries: 4, pending: 4, streams: 0)
        var work = PacketWork()
        work.looksUp()
        #expect(work.excess(calm) == nil)
        // One lookup's work, of each kind, and one more.
        for _ in 0..<PacketWork.packetLimit { work.sends() }
        #expect(work.excess(calm) == nil)
        work.sends()
        #expect(work.excess(calm) == "161 packets, and 160 at most")
        work = PacketWork()
        for _ in 0..<2 * PacketWork.actionLimit { work.acts() }
        #expect(work.excess(calm) == nil)
        work.acts()
        #expect(work.excess(calm) == "49 actions in one event, and 48 at most")
        // A message may bring more about; the next event has a count of its own.
        work.reads()
        #expect(work.excess(calm) == nil)
        work.begin()
        #expect(
            work.excess(QueryLoad(queries: 2, tries: 3, pending: 4, streams: 0))
                == "4 answers waited for, and 3 at most"
        )
        for second in 0..<PacketWork.streamLimit as Range<Int> {
            work.opensStream(to: 0, at: UInt64(second))
            work.endsStream(to: 0)
        }
        #expect(work.excess(calm) == nil)
        work.opensStream(to: 0, at: 25)
        #expect(work.excess(calm) == "25 streams to one server in ten seconds, and 24 at most")
        // Those of long ago do not count any more.
        work.endsStream(to: 0)
        work.opensStream(to: 0, at: 20_000_000_000)
        #expect(work.excess(calm) == nil)
    }

    @Test func `every trait of a name server happens in them, and every kind of forger`() {
        var missing = Set(PacketTrait.allCases.map { "\($0)" })
        for unknown in ["identifiers", "ports", "spellings", "cookies"] {
            for path in ["on", "off"] { missing.insert("\(path) the path, \(unknown) false") }
        }
        for seed in 0..<4_000 as Range<UInt64> where !missing.isEmpty && Simulation.hasPacketsAlone(seed) {
            let lines = NIOLockedValueBox<[String]>([])
            _ = Simulation.run(seed: seed) { line in lines.withLockedValue { $0.append(line) } }
            for line in lines.withLockedValue({ $0.prefix(12) }) {
                missing = missing.filter { sign in
                    let parts = sign.split(separator: ",").map { $0.trimmingPrefix(" ") }
                    return !parts.allSatisfy { line.contains($0) }
                }
            }
        }
        #expect(missing == [])
    }
}
