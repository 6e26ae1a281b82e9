// SPDX-License-Identifier: Apache-2.0

/// How many sockets a resolver may have open at a time: a quarter of the descriptors that it could have, at least one,
/// so that the program always has some left for itself (rule 4).
///
/// What is free is counted once a second at most, and never further than matters now.
@available(FairDial 0.1, *)
struct SocketAllowance: Sendable {
    /// Counts the descriptors that the process may still open, and no more than are wanted.
    typealias Count = @Sendable (_ wanted: Int) -> Int

    /// How long a count is believed.
    static let lifetime = Duration.seconds(1)
    /// How many sockets a resolver needs that has little to do.
    private static let few = 8
    static let share = 4

    private let most: Int
    private let countFree: Count
    private var allowed = 1
    /// Until when the last count is believed.
    private var end = Duration.zero
    /// Whether there were fewer than were wanted: then another count would find no more.
    private var isBounded = false

    /// - Parameter most: the most, however many are free.
    init(most: Int, _ countFree: @escaping Count) {
        self.most = max(1, most)
        self.countFree = countFree
    }

    /// Whether one more socket may be opened.
    ///
    /// - Parameter open: how many are.
    mutating func hasRoom(beside open: Int, at now: Duration) -> Bool {
        if open == 0 { return true }
        if open >= most { return false }
        let isFresh = now < end
        if isFresh, open < allowed { return true }
        if isFresh, isBounded { return false }
        let aim = min(most, max(Self.few, 2 * (open + 1)))
        let wanted = aim * Self.share
        let free = countFree(wanted)
        allowed = max(1, min(aim, (free + open) / Self.share))
        isBounded = free < wanted
        end = now + Self.lifetime
        return open < allowed
    }

    /// There was no descriptor for one more after all.
    mutating func ranOut(beside open: Int, at now: Duration) {
        allowed = max(1, open)
        isBounded = true
        end = now + Self.lifetime
    }
}
