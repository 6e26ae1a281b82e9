// SPDX-License-Identifier: Apache-2.0

import BSON

/// What a server has answered.
struct WireReply: Sendable, Hashable {
    /// The answer itself, checked; it shares the message's bytes.
    var document: BSONDocument
    /// Whether further answers to the same request follow without one having been asked for.
    var hasMoreToCome = false
}
