// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore

/// What holds for all writes of one call.
struct WriteSettings: Sendable {
    var isOrdered = true
    var bypassDocumentValidation: Bool?
    var comment: BSONValue?
    var variables: BSONDocument?
    var additional: BSONDocument?
    var writeConcern: WriteConcern
    var deadline: NIODeadline?
    /// Whether the result lists the inserted `_id`s; who has inserted knows them.
    var listsIDs = false
}
