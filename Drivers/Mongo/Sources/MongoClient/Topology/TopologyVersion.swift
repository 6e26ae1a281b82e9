// SPDX-License-Identifier: Apache-2.0

import BSON

/// How often a server process has changed its mind about itself: which of two of its answers is the newer one.
struct TopologyVersion: Sendable, Hashable {
    let process: ObjectID
    let counter: Int

    init?(_ document: BSONDocument?) {
        guard let process = document?["processId"]?.objectID, let counter = document?["counter"]?.integer else {
            return nil
        }
        self.process = process
        self.counter = counter
    }

    /// Whether what has this version is older than `other`. Of another process, or of none, nothing is known.
    func isOlder(than other: TopologyVersion?) -> Bool {
        other.map { $0.process == process && counter < $0.counter } ?? false
    }

    /// Whether it is older, or says what is known already.
    func isOldNews(to other: TopologyVersion?) -> Bool {
        other.map { $0.process == process && counter <= $0.counter } ?? false
    }
}
