// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// A server that says what its seed makes up: many messages to one query, or to none, true ones and impossible ones,
/// over datagrams and streams, which it ends when it likes.
///
/// It draws from dice of its own, so that a run without it is what it was before there were adversaries.
final class PacketAdversary: CustomStringConvertible {
    /// Something that it does about a query, and how long after, in nanoseconds.
    struct Act {
        enum Kind {
            case message(AdversaryMessage)
            /// An ICMP message; nothing over a stream.
            case failed(Int32)
            /// It ends the stream; nothing over datagrams.
            case close
        }

        let delay: UInt64
        let kind: Kind
    }

    /// The most messages that it answers one query with.
    static let floodLimit = 120
    /// The most in a run, for runs are small.
    private static let limit = 1_500

    private let dice: Dice
    private let texts: [AdversaryMessage.Text]
    private let most: Int
    private let mutations: Int
    private let silence: Int
    private let floods: Int
    private let closes: Int
    private let refusals: Int
    private let longestDelay: Int
    let talksFirst: Bool
    private var count = 0

    init(_ dice: Dice) {
        self.dice = dice
        let chosen = dice.some(of: AdversaryMessage.Text.allCases)
        texts = chosen.isEmpty ? AdversaryMessage.Text.allCases : chosen
        most = dice.pick([1, 1, 2, 3, 8])
        mutations = dice.pick([0, 0, 10, 50])
        silence = dice.pick([0, 0, 20, 80])
        floods = dice.pick([0, 0, 0, 3])
        closes = dice.pick([0, 20, 100])
        refusals = dice.pick([0, 0, 10])
        longestDelay = dice.pick([0, 50, 400, 6_000])
        talksFirst = dice.chance(25)
    }

    var description: String {
        "says \(texts.map { "\($0)" }.joined(separator: ", ")) up to \(most) times, mutated \(mutations) %, silent \(silence) %, floods \(floods) %, "
            + "closes \(closes) %, up to \(longestDelay) ms late\(talksFirst ? ", talks first" : "")"
    }

    /// What it does about a query, or about a stream that has just been connected.
    func acts(on query: PacketQuery?, isStream: Bool, of server: PacketServer) -> [Act] {
        guard count < Self.limit, !dice.chance(silence) else { return [] }
        let messages = dice.chance(floods) ? dice.number(20..<Self.floodLimit) : dice.number(0..<most) + 1
        count += messages
        var acts = (0..<messages).map { _ in
            if !isStream, dice.chance(refusals) {
                return Act(delay: delay(), kind: .failed(dice.pick([111, 113, 101, 90])))
            }
            let message = AdversaryMessage(dice.pick(texts), to: query, mutations, isStream: isStream, of: server, dice)
            return Act(delay: delay(), kind: .message(message))
        }
        if isStream {
            // Messages stay in order over a stream; the end comes behind them, or between them.
            let delays = acts.map(\.delay).sorted()
            acts = zip(delays, acts).map { Act(delay: $0, kind: $1.kind) }
            if dice.chance(closes) { acts.append(Act(delay: delays.last ?? 0, kind: .close)) }
        }
        return acts
    }

    private func delay() -> UInt64 { longestDelay == 0 ? 0 : dice.milliseconds(0...longestDelay) }
}
