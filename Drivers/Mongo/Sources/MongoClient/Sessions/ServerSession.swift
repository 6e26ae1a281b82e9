// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore
import Synchronization

/// A session as the server knows it: a number that this client has made up, and that it counts its writes under.
///
/// No caller sees one: each connection has its own, so that a session serves one operation at a time.
final class ServerSession: Sendable {
    /// The element `lsid` as it stands on the wire.
    let element: [UInt8]
    /// `{id: …}`.
    let document: BSONDocument
    private let writes = Atomic<Int64>(0)
    private let lastUse: Atomic<UInt64>

    init(at now: NIODeadline) {
        var random = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        // RFC 9562 §5.4: version 4.
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        document = ["id": .binary(BSONBinary(bytes, subtype: .uuid))]
        element = [BSONType.document.rawValue] + Array("lsid\0".utf8) + document.bytes
        lastUse = Atomic(now.uptimeNanoseconds)
    }

    /// The number of the next write under this session.
    func nextWrite() -> Int64 { writes.wrappingAdd(1, ordering: .relaxed).newValue }

    /// It is used now; false if the server may have forgotten it, for which the specification leaves a minute.
    func use(at now: NIODeadline, minutes: Int) -> Bool {
        let last = lastUse.exchange(now.uptimeNanoseconds, ordering: .relaxed)
        let idle = now.uptimeNanoseconds >= last ? now.uptimeNanoseconds - last : 0
        return idle < UInt64(max(minutes - 1, 1)) * 60_000_000_000
    }
}
