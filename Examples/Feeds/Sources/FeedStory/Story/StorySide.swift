// SPDX-License-Identifier: Apache-2.0

/// What dials.
package enum StorySide: String, Codable, Sendable {
    /// FairDial, and the MongoDB client on FairPool.
    case fair
    /// Stock SwiftNIO: one loop, the connect timer first.
    case foul
}
