// SPDX-License-Identifier: Apache-2.0

/// Reads names out of messages, compression pointers included (RFC 1035 §4.1.4).
///
/// A pointer must point to before the piece of the name that it ends: so none points ahead, none can loop, and no name
/// takes more steps than it has labels. No encoder writes other ones.
@available(FairDial 0.1, *)
enum NameDecoder {
    private static let pointer: UInt8 = 0xC0

    /// Goes through a name's labels; returns where the name ends in its own part of the message, before any pointer's
    /// target.
    ///
    /// - Parameters:
    ///   - end: where the name's own part of the message ends.
    ///   - visit: is given each label's range of bytes, its length byte included.
    @inline(__always)
    static func walk(
        from start: Int,
        to end: Int,
        in bytes: [UInt8],
        _ visit: (Range<Int>) -> Bool
    ) throws(MessageError) -> Int {
        var position = start
        var limit = end
        var pieceStart = start
        var after: Int?
        var length = 1
        while true {
            guard position < limit else { throw MessageError(.truncated, at: position) }
            let byte = bytes[position]
            if byte == 0 { return after ?? position + 1 }
            if byte < 64 {
                let next = position + 1 + Int(byte)
                guard next < limit else { throw MessageError(.truncated, at: limit) }
                length += 1 + Int(byte)
                guard length <= DomainName.longest else { throw MessageError(.longName, at: start) }
                if !visit(position..<next) { return next }
                position = next
            } else if byte >= pointer {
                guard position + 1 < limit else { throw MessageError(.truncated, at: limit) }
                let target = Int(byte & ~pointer) << 8 | Int(bytes[position + 1])
                // Before this piece: those bytes hold no pointer to here, so there is no loop.
                guard target < pieceStart, target >= Header.length else {
                    throw MessageError(.badPointer, at: position)
                }
                after = after ?? position + 2
                // A piece that is pointed to ends before the pointer to it, or it would run into itself.
                limit = position
                pieceStart = target
                position = target
            } else {
                throw MessageError(.badLabel, at: position)
            }
        }
    }

    /// The name that begins here, and where what follows it begins.
    static func name(at start: Int, to end: Int, in bytes: [UInt8]) throws(MessageError) -> (DomainName, Int) {
        var wire: [UInt8] = []
        wire.reserveCapacity(32)
        let after = try walk(from: start, to: end, in: bytes) { label in
            wire += bytes[label]
            return true
        }
        wire.append(0)
        return (DomainName(uncheckedWire: wire), after)
    }

    /// Where the bytes after the name begin. A pointer ends the name here; what it points to is not read.
    static func skip(from start: Int, to end: Int, in bytes: [UInt8]) throws(MessageError) -> Int {
        var position = start
        while true {
            guard position < end else { throw MessageError(.truncated, at: position) }
            let byte = bytes[position]
            if byte == 0 { return position + 1 }
            if byte >= pointer {
                guard position + 1 < end else { throw MessageError(.truncated, at: end) }
                return position + 2
            }
            guard byte < 64 else { throw MessageError(.badLabel, at: position) }
            position += 1 + Int(byte)
            guard position - start < DomainName.longest else { throw MessageError(.longName, at: start) }
        }
    }

    /// Whether the name that begins here is this one, without regard to ASCII case.
    static func isName(at start: Int, in bytes: [UInt8], _ name: DomainName) throws(MessageError) -> Bool {
        var matched = 0
        var isSame = true
        _ = try walk(from: start, to: bytes.count, in: bytes) { label in
            guard matched + label.count < name.wire.count else {
                isSame = false
                return false
            }
            for offset in 0..<label.count
            where DomainName.folded(bytes[label.lowerBound + offset]) != DomainName.folded(name.wire[matched + offset])
            {
                isSame = false
                return false
            }
            matched += label.count
            return true
        }
        return isSame && matched == name.wire.count - 1
    }
}
