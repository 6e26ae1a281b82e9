// SPDX-License-Identifier: Apache-2.0

import BSON

extension BulkWriteResult {
    /// Adds what one command has done. Its numbers are the server's: none is believed beyond what was sent.
    ///
    /// - Returns: the writes that it has not done.
    mutating func add(_ reply: BSONDocument, _ batch: WriteBatch, _ part: Range<Int>, listsIDs: Bool) -> [WriteFailure]
    {
        let failures = (reply["writeErrors"]?.array ?? []).compactMap(\.document).map { document in
            WriteFailure(document, place: Self.place(document["index"], batch, part) ?? -1)
        }
        let count = Self.count(reply["n"])
        switch batch.kind {
        case .insert:
            insertedCount += min(count, part.count)
            if listsIDs || !failures.isEmpty { list(batch, part, count: count, failures) }
        case .delete: Self.increase(&deletedCount, by: count)
        case .update:
            var made = 0
            for document in (reply["upserted"]?.array ?? []).compactMap(\.document) {
                guard let place = Self.place(document["index"], batch, part) else { continue }
                upsertedIDs[place] = document["_id"]
                made += 1
            }
            Self.increase(&matchedCount, by: max(0, count - made))
            Self.increase(&modifiedCount, by: Self.count(reply["nModified"]))
        }
        return failures
    }

    /// The place of a statement's model; `nil` for a statement that was not sent. None named is the first.
    private static func place(_ index: BSONValue?, _ batch: WriteBatch, _ part: Range<Int>) -> Int? {
        let index = index?.integer ?? 0
        return (0..<part.count).contains(index) ? batch.place(of: part.lowerBound + index) : nil
    }

    private static func count(_ value: BSONValue?) -> Int { max(0, value?.integer ?? 0) }

    /// The most there can be, rather than an overflow.
    private static func increase(_ total: inout Int, by count: Int) {
        let (sum, isOver) = total.addingReportingOverflow(count)
        total = isOver ? .max : sum
    }

    private mutating func list(_ batch: WriteBatch, _ part: Range<Int>, count: Int, _ failures: [WriteFailure]) {
        let failed = Set(failures.map(\.index))
        // Of ordered ones, none behind the first failure was tried.
        let last = failures.count == 1 && count < part.count - 1 ? failures[0].index : Int.max
        for statement in part {
            let place = batch.place(of: statement)
            if !failed.contains(place), place < last { insertedIDs[place] = batch.ids[statement] }
        }
    }
}
