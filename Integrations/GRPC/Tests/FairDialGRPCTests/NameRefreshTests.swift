// SPDX-License-Identifier: Apache-2.0

import GRPCNIOTransportHTTP2Posix
import Testing

@testable import FairDialGRPC

@Suite struct `A name in use` {
    @Test func `is looked up at once, and again when its answer expires`() {
        var refresh = NameRefresh<Int>()
        #expect(refresh.pause == nil)
        #expect(refresh.answered([1, 2], for: .seconds(60)) == .tell([1, 2]))
        #expect(refresh.pause == .seconds(60))
    }

    @Test func `tells only what has changed, and not the order alone`() {
        var refresh = NameRefresh<Int>()
        _ = refresh.answered([1, 2], for: .seconds(5))
        #expect(refresh.answered([2, 1], for: .seconds(5)) == .keep)
        #expect(refresh.answered([2, 3], for: .seconds(5)) == .tell([2, 3]))
        #expect(refresh.answered([2], for: .seconds(5)) == .tell([2]))
    }

    @Test(
        arguments: [
            (nil, .seconds(30)), (.zero, .seconds(1)), (.seconds(-5), .seconds(1)), (.milliseconds(10), .seconds(1)),
            (.seconds(604_800), .seconds(1_800)),
        ] as [(Duration?, Duration)]
    )
    func `is looked up neither all the time nor never`(lifetime: Duration?, pause: Duration) {
        var refresh = NameRefresh<Int>()
        _ = refresh.answered([1], for: lifetime)
        #expect(refresh.pause == pause)
    }

    @Test func `keeps its addresses while it fails, and is asked for less and less`() {
        var refresh = NameRefresh<Int>()
        _ = refresh.answered([1], for: .seconds(5))
        for seconds in [1, 2, 4, 8, 16, 32, 64, 120, 120, 120] {
            #expect(refresh.failed() == .keep)
            #expect(refresh.pause == .seconds(seconds))
        }
        #expect(refresh.answered([1], for: .seconds(5)) == .keep)
        #expect(refresh.failed() == .keep)
        #expect(refresh.pause == .seconds(1))
    }

    @Test func `that was never known fails`() {
        var refresh = NameRefresh<Int>()
        #expect(refresh.failed() == .fail)
        #expect(refresh.pause == .seconds(1))
        #expect(refresh.answered([], for: nil) == .fail)
    }

    @Test func `keeps its addresses where an answer has none`() {
        var refresh = NameRefresh<Int>()
        #expect(refresh.answered([1], for: nil) == .tell([1]))
        #expect(refresh.answered([], for: nil) == .keep)
        #expect(refresh.pause == .seconds(1))
        #expect(refresh.answered([1], for: nil) == .keep)
    }
}

@Suite struct `A name in use, of which one family is silent` {
    /// Odd numbers are of the silent family.
    private static func isAwaited(_ number: Int) -> Bool { number % 2 == 1 }

    @Test func `is told in two parts where nothing was known`() {
        var refresh = NameRefresh<Int>()
        #expect(refresh.answeredInPart([2, 4], awaiting: Self.isAwaited) == .tell([2, 4]))
        #expect(refresh.answered([1, 2, 4], for: .seconds(5)) == .tell([1, 2, 4]))
        #expect(refresh.pause == .seconds(5))
    }

    @Test func `is told once where the rest brings nothing`() {
        var refresh = NameRefresh<Int>()
        _ = refresh.answeredInPart([2, 4], awaiting: Self.isAwaited)
        #expect(refresh.answered([4, 2], for: .seconds(5)) == .keep)
    }

    @Test func `keeps what that family had, and not what the other one had`() {
        var refresh = NameRefresh<Int>()
        _ = refresh.answered([1, 2, 4], for: .seconds(5))
        #expect(refresh.answeredInPart([4, 2], awaiting: Self.isAwaited) == .keep)
        #expect(refresh.answeredInPart([6], awaiting: Self.isAwaited) == .tell([6, 1]))
        #expect(refresh.answered([3, 6], for: .seconds(5)) == .tell([3, 6]))
    }

    @Test func `keeps what was told of it where the rest fails`() {
        var refresh = NameRefresh<Int>()
        #expect(refresh.answeredInPart([], awaiting: Self.isAwaited) == .keep)
        _ = refresh.answeredInPart([2], awaiting: Self.isAwaited)
        #expect(refresh.failed() == .keep)
        #expect(refresh.pause == .seconds(1))
    }
}

@Suite struct `A back-off` {
    private static let backoff = DialBackoff(
        configuration: .init(initial: .seconds(1), max: .seconds(10), multiplier: 2, jitter: 0.2)
    )

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (Int.max, 10)])
    func `grows to its limit`(failures: Int, seconds: Int) {
        #expect(Self.backoff.wait(after: failures, random: 0) == .seconds(seconds))
    }

    @Test(arguments: [1, 2, Int.max])
    func `is never too long to be waited for`(failures: Int) {
        let endless = DialBackoff(
            configuration: .init(
                initial: .seconds(Int64.max),
                max: .seconds(Int64.max),
                multiplier: .infinity,
                jitter: 0
            )
        )
        #expect(endless.wait(after: failures, random: 1) == .seconds(31_536_000))
    }

    @Test(
        arguments: [
            (.infinity, 1, 16), (1e300, 1, 16), (.nan, 1, 8), (-1, 1, 8), (2, -1, 0), (-.infinity, 1, 8),
        ] as [(Double, Double, Int)]
    )
    func `is jittered by no more than all of it, and no number is no jitter`(jitter: Double, random: Double, wait: Int)
    {
        let backoff = DialBackoff(
            configuration: .init(initial: .seconds(1), max: .seconds(10), multiplier: 2, jitter: jitter)
        )
        #expect(backoff.wait(after: 4, random: random) == .seconds(wait))
    }

    @Test(arguments: [Double.infinity, .nan, 1e300, -1])
    func `is one however it is configured`(odd: Double) {
        for initial in [Duration.zero, .seconds(1), .seconds(Int64.max)] {
            let backoff = DialBackoff(
                configuration: .init(initial: initial, max: .seconds(Int64.max), multiplier: odd, jitter: odd)
            )
            for failures in [1, 2, 3, Int.max] {
                for random in [-1.0, 0, 1] {
                    #expect((.zero ... .seconds(31_536_000)).contains(backoff.wait(after: failures, random: random)))
                }
            }
        }
    }

    @Test func `is jittered after the first`() {
        #expect(Self.backoff.wait(after: 1, random: 1) == .seconds(1))
        #expect(Self.backoff.wait(after: 5, random: 1) == .seconds(12))
        #expect(Self.backoff.wait(after: 5, random: -1) == .seconds(8))
    }
}
