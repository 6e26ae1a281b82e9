// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// One question on its way to an answer.
///
/// An object, because it is large and nearly every step changes a part of it. It belongs to its client alone.
@available(FairDial 0.1, *)
final class Query {
    /// How a question is put to a server.
    enum Form: Sendable {
        /// With what we wish for: an OPT record, a cookie, letters in random case.
        case wished
        /// As the C library puts it: no OPT record, the spelling as given (design, rule 10). Streams are always asked
        /// so.
        case plain
    }

    /// Why no lookup waits for a query's answer, where that is so.
    enum Purpose: Hashable, Sendable {
        /// A lookup waits for it.
        case answer
        /// A copy for a server that is marked down: whether it answers again.
        case probe(server: Int)
        /// A copy in the wished form for a server that has answered the plain one: whether it fails again.
        case check(server: Int)
    }

    /// One question to one server, over one port or stream.
    struct Try {
        let server: Int
        /// The port or stream it went out on.
        let carrier: QueryClient.Carrier
        /// The port, where it was one.
        let port: QueryClient.PortState?
        let isStream: Bool
        let identifier: UInt16
        let sentAt: Duration
        /// The query as it was sent, its question's letters in the case that the answer must have.
        let message: [UInt8]
        let form: Form
        /// Whether the letters have a random case, which the answer must repeat.
        let isMixed: Bool
        let hasCookies: Bool
        /// Whether the server's own cookie is among them: then its answer must have one, whatever is learned meanwhile.
        let hasServerCookie: Bool
        /// Mismatched datagrams on the port before this query used it.
        let mismatchedBefore: Int
        /// Whether an answer may still come.
        var isListening = true
        /// Whether it has been counted as failed; a good answer is taken all the same.
        var hasFailed = false
        /// Whether an ICMP message said that it cannot be delivered, which a forger could have sent.
        var isTurnedBack = false
        /// Whether it never went out, for want of a socket.
        var isVoid = false
        /// Whether it has gone out twice: then its answer does not say how long the server takes.
        var isRepeated = false
    }

    /// What a server has said that is no address, and that another form of the question may contradict.
    struct Doubt: Sendable {
        let server: Int
        let answer: ServerAnswer
        /// Whether it is a negative; else it is what could be read of a broken answer, better than nothing.
        let isNegative: Bool
    }

    let question: Question
    /// A number that the stub resolver chose, handed back with the outcome: the key of its request.
    let tag: UInt64
    /// When it is given up, whatever happens.
    var ends: Duration
    /// Whether the lookup can do without the answer: then silence says nothing of the server.
    var isDispensable = false
    /// The server that the first try goes to, as an index in the order.
    let firstServer: Int
    let purpose: Purpose
    var tries: [Try] = []
    /// When a message went out last.
    var lastSent: Duration = .zero
    /// How many tries have been started by a clock or a "no", those aside that put one in another form.
    var rounds = 0
    /// How many of these went on to the next server in order.
    var turns = 0
    /// How many rounds began because of a "no" and not because of silence.
    var refusals = 0
    /// How often each server has said "no" for good, by its index; empty before the first time.
    var refusalsByServer: [UInt8] = []
    var failures: [QueryFailure] = []
    /// When to do something about it.
    var wake: Duration = .zero
    /// Whether nothing is tried any more, and only a late good answer is waited for.
    var isLastCall = false
    /// Servers that have wanted another cookie once.
    var cookieDoubts: [Int] = []
    /// Servers whose datagrams lacked the cookie that they should have.
    var cookieFaults: [Int] = []
    /// Datagrams that had the right identifier on the right port, and something else wrong.
    var mismatched = 0
    /// Datagrams that were answered, and cut short.
    var truncations = 0
    /// What is not believed yet.
    var doubt: Doubt?
    /// How many entries it has in the queue of those that have not begun; none once it has.
    var queueEntries = 0
    /// On whose behalf it waits there, beside the one that asked first.
    var otherFairnessKeys: Set<FairnessKey> = []
    /// Servers to which there is no stream yet for it.
    var awaitedStreams: [Int] = []
    /// The same name's queries for other types, in flight beside this one.
    var siblings: (Slab<Query>.Key?, Slab<Query>.Key?) = (nil, nil)
    /// A server that has given this name, in the wished form, an answer that was believed, for another type.
    var voucher: Int?

    init(
        _ question: Question,
        tag: UInt64 = 0,
        ends: Duration,
        firstServer: Int,
        purpose: Purpose = .answer
    ) {
        self.question = question
        self.tag = tag
        self.ends = ends
        self.firstServer = firstServer
        self.purpose = purpose
    }

    /// The server that a copy is for; `nil` for a query that a lookup waits for.
    var onlyServer: Int? {
        switch purpose {
        case .answer: nil
        case .probe(let server), .check(let server): server
        }
    }

    /// Keeps the reason why a try failed; the latest ones, where there are many.
    func note(_ failure: QueryFailure) {
        let most = 16
        if failures.count == most { failures.removeFirst() }
        failures.append(failure)
    }

    /// Whether a server has had the question in a form, in a datagram.
    func hasAsked(_ server: Int, in form: Form) -> Bool {
        tries.contains { $0.server == server && !$0.isStream && $0.form == form && !$0.isVoid }
    }

    /// Whether a server has had it over a stream.
    func hasStreamed(to server: Int) -> Bool {
        tries.contains { $0.server == server && $0.isStream } || awaitedStreams.contains(server)
    }

    /// Whether `limit` streams to a server have brought it nothing, and none is waited for.
    func isSpentOnStreams(to server: Int, after limit: Int) -> Bool {
        let streams = tries.lazy.filter { $0.isStream && $0.server == server }
        return streams.count >= limit && !streams.contains { $0.isListening } && !awaitedStreams.contains(server)
    }

    /// Those, and datagrams that matched no query, on a port of this query's since it was used: a forger guesses, or
    /// answers come late.
    var mismatchedDatagrams: Int {
        tries.reduce(mismatched) { count, attempt in
            count + (attempt.port.map { $0.mismatched - attempt.mismatchedBefore } ?? 0)
        }
    }

    /// Whether a server has had the plain form, and has said nothing to it.
    func isPlainSilent(_ server: Int) -> Bool {
        tries.contains { $0.server == server && !$0.isStream && $0.form == .plain && $0.isListening }
    }

    /// Whether a server has had the wished form, and has said nothing to it.
    func isWishedSilent(_ server: Int) -> Bool {
        tries.contains { $0.server == server && !$0.isStream && $0.form == .wished && $0.isListening }
    }

    /// The plain try of a server that may go out once more as it was.
    func repeatable(at server: Int) -> Int? {
        tries.firstIndex {
            $0.server == server && !$0.isStream && $0.form == .plain && $0.isListening && !$0.isRepeated
        }
    }

    /// Whether a try may be answered yet, and its time is not over.
    var isWaiting: Bool {
        tries.contains { $0.isListening && !$0.hasFailed } || !awaitedStreams.isEmpty
    }

    /// Whether a try may be answered yet, however late.
    var isListening: Bool {
        tries.contains(where: \.isListening) || !awaitedStreams.isEmpty
    }

    /// Whether a server has said something to the wished form that was not believed, or no address.
    func hasHeard(_ server: Int) -> Bool {
        mismatched > 0
            || tries.contains { $0.server == server && !$0.isStream && $0.form == .wished && !$0.isListening }
    }

    /// How often a server has said "no" for good.
    func refusals(of server: Int) -> Int {
        server < refusalsByServer.count ? Int(refusalsByServer[server]) : 0
    }

    /// A server has said "no" for good.
    func noteRefusal(of server: Int) {
        while refusalsByServer.count <= server { refusalsByServer.append(0) }
        refusalsByServer[server] = min(refusalsByServer[server], .max - 1) + 1
    }
}
