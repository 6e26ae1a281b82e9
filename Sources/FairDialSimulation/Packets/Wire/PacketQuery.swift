// SPDX-License-Identifier: Apache-2.0

/// A query as it went over the wire, as far as servers, forgers and rules care.
struct PacketQuery {
    static let headerLength = 12
    private static let typeOPT: UInt16 = 41
    private static let cookieCode: UInt16 = 10

    let identifier: UInt16
    /// The name's bytes, as they were sent.
    let name: [UInt8]
    /// Name, type and class, the name's letters as they were sent.
    let question: [UInt8]
    /// The name's index in the zone; `nil` for one that is not in it.
    let place: Int?
    let type: UInt16
    /// Whether there is an OPT record.
    private(set) var hasOptions = false
    private(set) var datagramSize = 512
    /// The client's, and the server's behind it; empty without.
    private(set) var cookies: [UInt8] = []

    /// - Returns: `nil` for bytes that are no query of ours.
    init?(_ bytes: [UInt8], in zone: PacketZone) {
        guard bytes.count > Self.headerLength, bytes[2] & 0x80 == 0, bytes[4] == 0, bytes[5] == 1 else { return nil }
        var end = Self.headerLength
        while end < bytes.count, bytes[end] > 0 { end += 1 + Int(bytes[end]) }
        end += 5
        guard end <= bytes.count else { return nil }
        func number(_ place: Int) -> UInt16 { UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1]) }
        identifier = number(0)
        question = Array(bytes[Self.headerLength..<end])
        name = Array(bytes[Self.headerLength..<end - 4])
        place = zone.index(of: name)
        type = number(end - 4)
        guard number(10) == 1 else { return }
        // The root, the type, the size, four bytes of flags, the length; then the options, of which we send one.
        guard end + 11 <= bytes.count, number(end + 1) == Self.typeOPT else { return nil }
        hasOptions = true
        datagramSize = Int(number(end + 3))
        if end + 15 <= bytes.count, number(end + 11) == Self.cookieCode { cookies = Array(bytes[(end + 15)...]) }
    }

    /// Whether its letters may have a random case: a name of one label goes out as it is written.
    var hasSeveralLabels: Bool { name[0] > 0 && name[Int(name[0]) + 1] != 0 }

    /// Whether a server's cookie goes back with it.
    var hasServerCookie: Bool { cookies.count > 8 }
}
