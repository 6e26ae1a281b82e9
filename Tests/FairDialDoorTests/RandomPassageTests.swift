// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import Testing

@testable import FairDialDoor

/// `Handshake` and `Splice` under whatever a client, a target, a clock and an operator may do, in any order, early and
/// late: a seed says what.
@Suite struct `A passage of any course` {
    private static let secret = DoorSecret()

    /// What a client writes: heads right and wrong, in pieces, with anything behind them.
    private struct Script {
        let bytes: [UInt8]
        /// How long the head is; `nil` where there is none that may be dialed.
        let head: Int?

        init(_ random: inout SeededGenerator) {
            let authority = ["db.test:80", "[::1]:443", "127.0.0.1:1"].pick(&random)
            let shown = "Proxy-Authorization: \(secret.authorization)\r\n"
            var head = "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\(shown)\r\n"
            var isRight = true
            switch Int.random(in: 0..<12, using: &random) {
            case 0: (head, isRight) = (head.replacing(shown, with: ""), false)
            case 1: (head, isRight) = (head.replacing(shown, with: shown + shown), false)
            case 2: (head, isRight) = (head.replacing("CONNECT", with: "GET"), false)
            case 3: (head, isRight) = (head.replacing(authority, with: "db.test:0"), false)
            case 4: (head, isRight) = (String(head.dropLast(2)), false)
            case 5: (head, isRight) = (String(repeating: "x", count: ConnectHead.limit + 1), false)
            case 6: (head, isRight) = (head.replacing("Host", with: " Host"), false)
            case 7:
                let padding = "A: \(String(repeating: "x", count: ConnectHead.limit - head.utf8.count - 5))\r\n"
                head = head.replacing(shown, with: padding + shown)
            default: break
            }
            let early = (0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next())
            }
            bytes = Array(head.utf8) + early
            self.head = isRight ? head.utf8.count : nil
        }
    }

    /// What the driver would have done by now.
    private struct Outside {
        var dials = 0
        var cancels = 0
        var answers: [String] = []
        var isSpliced = false
        var early: [UInt8] = []
        var closes = 0
        var outputEnds = 0

        mutating func carryOut(_ actions: [Handshake.Action]) {
            for action in actions {
                // What a connection is told after its close reaches nobody.
                if case .read = action {} else { #expect(closes == 0) }
                switch action {
                case .read: break
                case .dial: dials += 1
                case .cancelDial: cancels += 1
                case .answer(let answer): answers.append(answer.text)
                case .endOutput: outputEnds += 1
                case .splice(let bytes, _): (isSpliced, early) = (true, bytes)
                case .close: closes += 1
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `dials for the secret alone, once, and keeps what is behind the head`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ends = (spliced: 0, refused: 0, gone: 0)
        for _ in 0..<2_500 {
            let script = Script(&random)
            var handshake = Handshake(.http(Self.secret, headTimeout: .seconds(5)))
            var outside = Outside()
            var (sent, now, isGone) = (0, Duration.zero, false)
            outside.carryOut(handshake.begin())
            for _ in 0..<Int.random(in: 1...24, using: &random) {
                now += .milliseconds(Int.random(in: 0...400, using: &random))
                // What is kept of a client is bounded, whatever comes.
                #expect(handshake.kept <= ConnectHead.limit + Handshake.earlyLimit)
                switch Int.random(in: 0..<16, using: &random) {
                case 0..<9:
                    let count = min(Int.random(in: 1...2_000, using: &random), script.bytes.count - sent)
                    guard count > 0, !isGone else { continue }
                    outside.carryOut(handshake.received(script.bytes[sent..<sent + count], at: now))
                    // A splice has its own way for what comes from then on.
                    if !outside.isSpliced { sent += count }
                case 9..<12:
                    if outside.dials == 1 { outside.carryOut(handshake.dialed()) }
                case 12:
                    let error = DialError(.connectTimeout, "", target: "db.test:80")
                    if outside.dials == 1 { outside.carryOut(handshake.dialFailed(error, at: now)) }
                case 13: outside.carryOut(handshake.advance(to: handshake.wakeTime ?? now))
                case 14:
                    let isTurnedOut = Int.random(in: 0..<4, using: &random) == 0
                    if isTurnedOut { isGone = isGone || !handshake.isKnown }
                    outside.carryOut(isTurnedOut ? handshake.turnOut() : handshake.shutDown(at: now))
                default:
                    isGone = true
                    outside.carryOut(Bool.random(using: &random) ? handshake.clientEnded() : handshake.clientGone())
                }
            }
            #expect(outside.dials <= 1)
            #expect(outside.cancels <= outside.dials)
            #expect(outside.closes <= 1)
            #expect(outside.answers.count <= 1)
            #expect(outside.answers.first.map { $0.hasPrefix("HTTP/1.1 ") } ?? true)
            if outside.dials == 1 {
                #expect(
                    script.head.map { $0 <= sent } == true,
                    "dialed for \(String(decoding: script.bytes, as: UTF8.self))"
                )
            }
            if outside.isSpliced, let head = script.head {
                #expect(outside.answers.first?.hasPrefix("HTTP/1.1 200 ") == true)
                #expect(outside.early.elementsEqual(script.bytes[head..<sent]))
                ends.spliced += 1
            } else if outside.answers.first != nil {
                #expect(!outside.answers[0].hasPrefix("HTTP/1.1 200 "))
                // Those who are turned out are closed at once.
                #expect(outside.outputEnds == 1 || outside.closes == 1 && outside.dials == 0)
                ends.refused += 1
            } else if isGone {
                ends.gone += 1
            }
            // Whatever it was, an end is an end.
            outside.carryOut(handshake.clientGone())
            #expect(handshake.kept == 0 && handshake.wakeTime == nil)
        }
        #expect(min(ends.spliced, ends.refused, ends.gone) > 100)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a splice closes each end once, and ends no output before its bytes`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var whole = 0
        for _ in 0..<5_000 {
            var splice = Splice(halfClosedTimeout: .seconds(60))
            var now = Duration.zero
            var moved = Splice.Moved()
            /// What the driver has done to a side, or heard of it.
            struct End {
                var isClosed = false
                var isToClose = false
                var inputHasEnded = false
                var outputIsToEnd = false
                var wasReset = false
            }
            var ends: [Splice.Side: End] = [.near: End(), .far: End()]
            func carryOut(_ actions: [Splice.Action]) {
                for action in actions {
                    switch action {
                    case .endOutput(let side):
                        // Once; and only because the other side has said all.
                        #expect(ends[side]?.outputIsToEnd == false)
                        #expect(ends[side.other]?.inputHasEnded == true || ends[side.other]?.isClosed == true)
                        ends[side]?.outputIsToEnd = true
                    case .close(let side):
                        #expect(ends[side]?.isClosed == false)
                        // Nothing is cut off: it was sent the end, or nobody would take it.
                        #expect(ends[side]?.outputIsToEnd == true)
                        ends[side]?.isToClose = true
                    case .reset(let side):
                        #expect(ends[side]?.isClosed == false)
                        ends[side]?.isToClose = true
                        ends[side]?.wasReset = true
                    }
                }
            }
            for _ in 0..<40 where !splice.isOver {
                let side: Splice.Side = Bool.random(using: &random) ? .near : .far
                guard let end = ends[side] else { continue }
                now += .milliseconds(Int.random(in: 0...10_000, using: &random))
                switch Int.random(in: 0..<9, using: &random) {
                case 8:
                    if Bool.random(using: &random) { moved.bytes += 1 }
                    let actions = splice.advance(to: now, moved: moved)
                    // Never while all is open.
                    if !actions.isEmpty { #expect(ends.values.contains { $0.inputHasEnded || $0.isClosed }) }
                    carryOut(actions)
                case 0, 1:
                    let isWritable = Bool.random(using: &random)
                    let reads = splice.readCompleted(on: side, otherIsWritable: isWritable)
                    if end.inputHasEnded || end.isClosed || !isWritable { #expect(!reads) }
                case 2: _ = splice.becameWritable(side)
                case 3, 4:
                    if end.isClosed { continue }
                    ends[side]?.inputHasEnded = true
                    carryOut(splice.inputEnded(on: side, at: now))
                case 5:
                    if end.outputIsToEnd { carryOut(splice.outputEnded(on: side)) }
                case 6:
                    // By itself a connection ends rarely; where it was told to, soon.
                    guard end.isToClose || Int.random(in: 0..<8, using: &random) == 0 else { continue }
                    let isReset = Bool.random(using: &random)
                    ends[side]?.isClosed = true
                    carryOut(splice.closed(side, isReset: isReset, at: now))
                default:
                    if Int.random(in: 0..<50, using: &random) == 0 { carryOut(splice.cutOff()) }
                }
            }
            // What is left ends in the end: each side hears of the other's, and nobody waits for ever.
            for side in [Splice.Side.near, .far, .near, .far] {
                guard let end = ends[side], !end.isClosed else { continue }
                if end.outputIsToEnd { carryOut(splice.outputEnded(on: side)) }
                if ends[side]?.isToClose == true || ends[side.other]?.isClosed == true {
                    ends[side]?.isClosed = true
                    carryOut(splice.closed(side, isReset: false, at: now))
                }
            }
            if ends.values.contains(where: \.isClosed) {
                // A side whose other end is gone is on its way out.
                #expect(ends.values.allSatisfy { $0.isClosed || $0.isToClose || $0.outputIsToEnd })
                whole += 1
            }
            if ends.values.allSatisfy(\.isClosed) {
                #expect(splice.isOver)
                #expect(splice.cutOff() == [])
            }
        }
        #expect(whole > 1_000)
    }
}
