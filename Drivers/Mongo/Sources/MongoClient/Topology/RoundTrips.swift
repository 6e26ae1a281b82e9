// SPDX-License-Identifier: Apache-2.0

/// How long the looks at one server took: how near it is, and how long an answer is on its way at least.
///
/// - Source: the drivers' specifications "Server Selection" for the mean, "Client Side Operations Timeout" for the
///   least.
struct RoundTrips: Sendable, Equatable {
    private static let sampleLimit = 10

    /// A moving mean, in which the newest weighs a fifth.
    private(set) var mean: Duration
    private var latest: [Duration]

    init(_ first: Duration) {
        mean = first
        latest = [first]
    }

    mutating func add(_ roundTrip: Duration) {
        mean = mean * 4 / 5 + roundTrip / 5
        if latest.count == Self.sampleLimit { latest.removeFirst() }
        latest.append(roundTrip)
    }

    /// The least of the last ten. One alone may have been slow by chance, and says nothing: zero.
    var least: Duration { latest.count < 2 ? .zero : latest.min() ?? .zero }
}
