// SPDX-License-Identifier: Apache-2.0

/// What a query client knows of one stream; an object for the same reasons as a `Query`.
@available(FairDial 0.1, *)
final class StreamState {
    /// Messages that settle nothing, beyond one for each query that was sent, after which a stream is closed: a late
    /// answer to a query that was given up is no sign of malice.
    static let mismatchLimit = 1_024
    /// The same in bytes, and how many more for each query.
    static let mismatchedByteLimit = 4 << 20
    static let mismatchedBytesPerQuery = 4_096
    /// Such messages in a row, beyond one for each query that is not answered, after which no further query is given to
    /// it: that one would be sent for nothing.
    private static let noiseLimit = 16

    let server: Int
    /// Queries that it may be given in all; more once it has answered these.
    var limit: Int
    /// Queries that have gone out over it.
    private(set) var sent = 0
    /// Those of them that an answer may still come to.
    var listening = 0
    /// When something came over it last.
    var lastAnswer: Duration?
    /// How many questions it has settled: only that is progress, and worth another stream.
    var answers = 0 { didSet { mismatchesInARow = 0 } }
    /// When it is closed, if no query uses it until then.
    var idleEnd: Duration?
    private var mismatches = 0
    private var mismatchesInARow = 0
    private var mismatchedBytes = 0
    /// The tries that went out over it; some of them listen no longer.
    private(set) var tries: [(key: Slab<Query>.Key, index: Int)] = []

    init(server: Int, limit: Int) {
        self.server = server
        self.limit = limit
    }

    /// Whether one more query may go out over it.
    var hasRoom: Bool { sent < limit && listening < StreamGate.capacity && !isNoisy }

    /// How long one that has answered all that it was given is kept for more, rather than replaced.
    private static let restTime = Duration.milliseconds(50)

    /// Until when it is; `nil` where it has not, or may be given no more.
    var restEnd: Duration? {
        guard hasRoom, listening == 0, answers > 0, answers >= sent else { return nil }
        return lastAnswer.map { $0 + Self.restTime }
    }

    private var isNoisy: Bool { mismatchesInARow > Self.noiseLimit + max(0, sent - answers) }

    /// A query goes out.
    ///
    /// - Parameter isListening: whether an earlier try is waited for still.
    func send(_ key: Slab<Query>.Key, _ index: Int, isListening: (Slab<Query>.Key, Int) -> Bool) {
        sent += 1
        listening += 1
        idleEnd = nil
        if tries.count > 2 * listening + 64 { tries.removeAll { !isListening($0.key, $0.index) } }
        tries.append((key, index))
    }

    /// The tries that went out over it, in order.
    func takeTries() -> [(key: Slab<Query>.Key, index: Int)] {
        defer { tries = [] }
        return tries
    }

    /// A message has settled nothing.
    ///
    /// - Returns: whether there have been too many.
    func noteMismatch(of length: Int) -> Bool {
        mismatches += 1
        mismatchesInARow += 1
        mismatchedBytes += length
        return mismatches > Self.mismatchLimit + sent
            || mismatchedBytes > Self.mismatchedByteLimit + Self.mismatchedBytesPerQuery * sent
    }
}
