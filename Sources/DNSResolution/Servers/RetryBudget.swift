// SPDX-License-Identifier: Apache-2.0

/// How many tries may be repeated because nothing has come for a while.
///
/// Some queries are lost on the way, and those are worth repeating early. When hundreds are silent at once and few are
/// answered, they are not lost: the server is at work on slow names, and would only be asked twice.
@available(FairDial 0.1, *)
struct RetryBudget: Hashable, Sendable {
    /// Half a repetition for each answer makes up for 30 % of loss, repetitions included.
    private static let gain = 1
    private static let price = 2
    private static let most = 1_024 * price

    private var savings = 32 * price

    /// A query has been answered.
    mutating func answered() {
        savings = min(savings + Self.gain, Self.most)
    }

    /// - Returns: whether one may be repeated now.
    mutating func take() -> Bool {
        guard savings >= Self.price else { return false }
        savings -= Self.price
        return true
    }
}
