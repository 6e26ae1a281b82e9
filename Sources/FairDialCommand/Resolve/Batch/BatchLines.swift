// SPDX-License-Identifier: Apache-2.0

import CSockets
import FairDialConsole
import Foundation

/// Standard input, a line at a time, out of one buffer that is used again.
struct BatchLines {
    /// What the reading of a chunk came to.
    enum Chunk {
        case more
        case end
        case failed(errno: Int32)
    }

    /// No question is longer for a good reason: a host of 1 MB, each byte of it escaped, is 6 MB.
    static let longestLine = 16 * 1024 * 1024

    private let descriptor: CInt
    private var buffer: UnsafeMutableBufferPointer<UInt8>
    /// What has been read and not handed out yet.
    private var unread = 0..<0
    /// How much of it is known to hold no line's end.
    private var searched = 0
    /// Whether the line under way is thrown away up to its end.
    private var isSkipping = false
    private var isAtEnd = false

    private static let chunk = 64 * 1024

    init(descriptor: CInt = STDIN_FILENO) {
        self.descriptor = descriptor
        buffer = .allocate(capacity: 2 * Self.chunk)
    }

    /// Gives the buffer back; nothing may be asked afterwards.
    func close() {
        buffer.deallocate()
    }

    /// Waits for more input. The caller has written all of its answers before.
    mutating func read() -> Chunk {
        makeRoom()
        var futileCalls = 0
        while true {
            let room = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(buffer)[unread.upperBound...]
            )
            let count = fairdial_read(descriptor, room.baseAddress, room.count)
            if count > 0 {
                unread = unread.lowerBound..<unread.upperBound + count
                return .more
            }
            if count == 0 {
                isAtEnd = true
                return .end
            }
            let number = errno
            guard StandardStreams.waits(after: number, for: descriptor, POLLIN),
                futileCalls < StandardStreams.mostFutileCalls
            else { return .failed(errno: number) }
            futileCalls += 1
        }
    }

    /// The next line, without its end; `nil` until more has been read. The last line needs no end. Good until the next
    /// call.
    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        while true {
            let rest = UnsafeBufferPointer(rebasing: buffer[(unread.lowerBound + searched)..<unread.upperBound])
            let newline = rest.baseAddress.flatMap { memchr($0, CInt(UInt8(ascii: "\n")), rest.count) }
            let end: Int
            if let newline, let start = UnsafeRawPointer(buffer.baseAddress) {
                end = UnsafeRawPointer(newline) - start
            } else if isAtEnd, !unread.isEmpty {
                end = unread.upperBound
            } else {
                searched = unread.count
                return nil
            }
            let line = unread.lowerBound..<end
            unread = min(end + 1, unread.upperBound)..<unread.upperBound
            searched = 0
            if isSkipping {
                isSkipping = false
                continue
            }
            return UnsafeBufferPointer(rebasing: buffer[line])
        }
    }

    /// Whether the line under way has become too long; it is thrown away, and told once.
    mutating func dropsLine() -> Bool {
        guard unread.count > Self.longestLine || isSkipping && !unread.isEmpty else { return false }
        defer { isSkipping = true }
        unread = 0..<0
        searched = 0
        return !isSkipping
    }

    /// Whether there is a last line without an end.
    var hasUnread: Bool { !unread.isEmpty }

    /// Moves what is unread to the front, and doubles the buffer where that is not enough.
    private mutating func makeRoom() {
        guard buffer.count - unread.upperBound < Self.chunk else { return }
        if buffer.count - unread.count < Self.chunk {
            let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: buffer.count * 2)
            _ = larger.update(fromContentsOf: buffer[unread])
            buffer.deallocate()
            buffer = larger
        } else if !unread.isEmpty, let start = buffer.baseAddress {
            memmove(start, start + unread.lowerBound, unread.count)
        }
        unread = 0..<unread.count
    }
}
