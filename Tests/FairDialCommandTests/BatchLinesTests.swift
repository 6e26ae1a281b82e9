// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FairDialCommand

@Suite struct `A batch's lines` {
    /// All lines of a text that comes through a pipe in pieces of one size; `nil` for one that was thrown away.
    private func lines(of text: Data, inPiecesOf size: Int) throws -> [String?] {
        let pipe = Pipe()
        Thread.detachNewThread {
            var rest = text[...]
            while !rest.isEmpty {
                try? pipe.fileHandleForWriting.write(contentsOf: rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            try? pipe.fileHandleForWriting.close()
        }
        var reader = BatchLines(descriptor: pipe.fileHandleForReading.fileDescriptor)
        defer { reader.close() }
        var lines: [String?] = []
        while true {
            while let line = reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
            if reader.dropsLine() { lines.append(nil) }
            switch reader.read() {
            case .more: continue
            case .end where reader.hasUnread: continue
            case .end: return lines
            case .failed(let errno): throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
    }

    @Test(arguments: [1, 2, 7, 4096])
    func `lines come whole, however they are cut, and the last needs no end`(size: Int) throws {
        let expected = ["a", "", "bc", String(repeating: "x", count: 5000), "", "last"]
        #expect(try lines(of: Data(expected.joined(separator: "\n").utf8), inPiecesOf: size) == expected)
        #expect(try lines(of: Data("a\n".utf8), inPiecesOf: size) == ["a"])
        #expect(try lines(of: Data(), inPiecesOf: size) == [])
    }

    @Test func `a line of a megabyte is a line like any other`() throws {
        let long = String(repeating: "y", count: 1 << 20)
        #expect(try lines(of: Data("a\n\(long)\nb\n".utf8), inPiecesOf: 1 << 16) == ["a", long, "b"])
    }

    @Test func `a line that is too long is thrown away, told once, and the next one read`() throws {
        let endless = Data(repeating: UInt8(ascii: "z"), count: BatchLines.longestLine * 2 + 3)
        let text = Data("a\n".utf8) + endless + Data("\nb\n".utf8) + endless
        #expect(try lines(of: text, inPiecesOf: 1 << 20) == ["a", nil, "b", nil])
    }
}
