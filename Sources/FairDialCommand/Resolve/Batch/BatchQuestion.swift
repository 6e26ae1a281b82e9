// SPDX-License-Identifier: Apache-2.0

import Foundation
import GetAddrInfo

/// One question of `resolve --batch`, as its line says it.
///
/// A line of the plain form (the six members in any order, texts of ASCII without escapes, whole numbers) is read on
/// the spot, its texts where they lie. Foundation reads any other line, which takes twenty times as long.
struct BatchQuestion {
    var host: BatchText = .null
    var service: BatchText = .null
    var hints = AddressInfoHints()

    /// Reads a line of the plain form; `nil` for any other, which may be a question all the same.
    init?(plain line: UnsafeBufferPointer<UInt8>) {
        var reading = PlainReading(line)
        guard reading.take(UInt8(ascii: "{")) else { return nil }
        var seen = 0
        repeat {
            guard let name = reading.takeText(), reading.take(UInt8(ascii: ":")), let member = Member(name),
                seen & member.rawValue == 0
            else { return nil }
            seen |= member.rawValue
            switch member {
            case .host, .service:
                guard let text = reading.takeTextOrNull() else { return nil }
                if member == .host { host = text } else { service = text }
            default:
                guard let number = reading.takeNumber() else { return nil }
                switch member {
                case .family: hints.family = number
                case .socketType: hints.socketType = number
                case .protocolNumber: hints.protocolNumber = number
                default: hints.flags = number
                }
            }
        } while reading.take(UInt8(ascii: ","))
        guard reading.take(UInt8(ascii: "}")), reading.isAtEnd else { return nil }
    }

    /// Reads a line of any form.
    ///
    /// - Throws: what Foundation has against it.
    init(any line: UnsafeBufferPointer<UInt8>) throws {
        let question = try JSONDecoder().decode(Written.self, from: Data(line))
        host = question.host.map { .owned(Array($0.utf8)) } ?? .null
        service = question.service.map { .owned(Array($0.utf8)) } ?? .null
        hints = AddressInfoHints(
            family: question.family ?? 0,
            socketType: question.socktype ?? 0,
            protocolNumber: question.protocol ?? 0,
            flags: question.flags ?? 0
        )
    }

    /// One question as it is written; absent members are the C call's defaults.
    private struct Written: Decodable {
        var host: String?
        var service: String?
        var family: Int32?
        var socktype: Int32?
        var `protocol`: Int32?
        var flags: Int32?
    }

    private enum Member: Int {
        case host = 1
        case service = 2
        case family = 4
        case socketType = 8
        case protocolNumber = 16
        case flags = 32

        init?(_ name: UnsafeBufferPointer<UInt8>) {
            func isName(_ text: StaticString) -> Bool {
                name.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
            }
            switch name.count {
            case 4 where isName("host"): self = .host
            case 7 where isName("service"): self = .service
            case 6 where isName("family"): self = .family
            case 8 where isName("socktype"): self = .socketType
            case 8 where isName("protocol"): self = .protocolNumber
            case 5 where isName("flags"): self = .flags
            default: return nil
            }
        }
    }
}

/// A line, and how far it has been read.
private struct PlainReading {
    private let line: UnsafeBufferPointer<UInt8>
    private var offset = 0

    init(_ line: UnsafeBufferPointer<UInt8>) {
        self.line = line
    }

    /// Whether nothing but white space is left.
    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return offset == line.count
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard offset < line.count, line[offset] == byte else { return false }
        offset += 1
        return true
    }

    /// A text without escapes and of ASCII alone.
    mutating func takeText() -> UnsafeBufferPointer<UInt8>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = offset
        while offset < line.count {
            let byte = line[offset]
            if byte == UInt8(ascii: "\"") {
                defer { offset += 1 }
                return UnsafeBufferPointer(rebasing: line[start..<offset])
            }
            guard 0x20..<0x80 ~= byte, byte != UInt8(ascii: "\\") else { return nil }
            offset += 1
        }
        return nil
    }

    mutating func takeTextOrNull() -> BatchText? {
        skipSpace()
        guard offset < line.count, line[offset] == UInt8(ascii: "n") else { return takeText().map(BatchText.borrowed) }
        for byte in "null".utf8 {
            guard offset < line.count, line[offset] == byte else { return nil }
            offset += 1
        }
        return .null
    }

    /// A whole number of 32 bits as JSON writes one (RFC 8259 §6).
    mutating func takeNumber() -> Int32? {
        skipSpace()
        let isNegative = offset < line.count && line[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let start = offset
        var number = 0
        while offset < line.count, case let digit = line[offset] &- UInt8(ascii: "0"), digit < 10 {
            number = number * 10 + Int(digit)
            offset += 1
            if offset - start > 10 { return nil }
        }
        guard offset > start, offset - start == 1 || line[start] != UInt8(ascii: "0") else { return nil }
        if offset < line.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(line[offset]) {
            return nil
        }
        return Int32(exactly: isNegative ? -number : number)
    }

    private mutating func skipSpace() {
        while offset < line.count {
            switch line[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }
}
