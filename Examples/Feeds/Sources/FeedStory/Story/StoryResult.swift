// SPDX-License-Identifier: Apache-2.0

/// What one run came to.
package struct StoryResult: Sendable {
    /// A dial that took long, and where its time went.
    package struct SlowDial: Sendable {
        package var feed: String
        package var took: Duration
        package var report: String?
    }

    /// One kind of failure.
    package struct Failure: Sendable {
        package var count: Int
        /// The first of them, in its own words.
        package var example: String

        package init(count: Int, example: String) {
            (self.count, self.example) = (count, example)
        }
    }

    package var side: StorySide
    package var feedsOK = 0
    package var feedsFailed = 0
    package var linksFound = 0
    package var linksStored = 0
    package var poolMaximum = 20
    package var pool = PoolRecorder.Record()
    package var total = Duration.zero
    /// `embedded`, or the hosts that the links went to.
    package var server = "embedded"
    package var slowest: [SlowDial] = []
    /// What went wrong, by its kind.
    package var errors: [String: Failure] = [:]

    package init(side: StorySide) {
        self.side = side
    }

    package var linksFailed: Int { linksFound - linksStored }

    /// Whether every feed has been read and every link stored.
    package var isComplete: Bool { feedsFailed == 0 && linksFailed == 0 }

    /// One line; a contract.
    package var json: String {
        """
        {"side":"\(side.rawValue)","feeds":{"ok":\(feedsOK),"failed":\(feedsFailed)},\
        "links":{"found":\(linksFound),"stored":\(linksStored),"failed":\(linksFailed)},\
        "pool":{"max":\(poolMaximum),"made":\(pool.made),\
        "slowest_ready_s":\(Self.seconds(pool.slowestReady)),"longest_wait_s":\(Self.seconds(pool.longestWait))},\
        "total_s":\(Self.seconds(total)),"server":\(Self.quoted(server))}
        """
    }

    /// A number of JSON, to the microsecond: `1.4`, `0.004012`; `null` for none.
    static func seconds(_ duration: Duration?) -> String {
        guard let duration, duration >= .zero else { return "null" }
        let (whole, attoseconds) = duration.components
        var digits = String(attoseconds / 1_000_000_000_000)
        digits = String(repeating: "0", count: 6 - digits.count) + digits
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    /// A text of JSON. What is not plain ASCII is escaped.
    static func quoted(_ text: String) -> String {
        var output = "\""
        for unit in text.utf16 {
            if unit >= 0x20, unit < 0x7F, unit != 0x22, unit != 0x5C {
                output.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            } else {
                let digits = String(unit, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return output + "\""
    }
}
