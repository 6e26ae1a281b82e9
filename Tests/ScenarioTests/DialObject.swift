// SPDX-License-Identifier: Apache-2.0

/// What the tests read of the object that `fairdial connect --json` prints, and a rally for each of its dials.
struct DialObject: Decodable {
    struct Attempt: Decodable, Equatable {
        var address: String
        var port: Int
        var outcome: String
    }

    struct Background: Decodable, Equatable {
        var connected: Int
        var failed: [String: Int]
    }

    enum CodingKeys: String, CodingKey {
        case host, port, ok, address, source, attempts, background
        case queue = "queue_s"
    }

    var host: String
    var port: Int
    var ok: Bool
    var address: String?
    var source: String?
    /// `nil` where a foul side cannot say.
    var queue: Double?
    var attempts: [Attempt]
    var background: Background?
}
