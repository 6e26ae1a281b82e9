// SPDX-License-Identifier: Apache-2.0

import CFairDial
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a file says, read again only when the file has changed.
///
/// A look costs one `stat`. Device, inode, size, and both times in nanoseconds tell one state of a file from another, so
/// a replacement by rename is seen. A second edit may come within one tick of the file system's clock and look the same:
/// a file that has just changed is read at each look.
public final class WatchedFile<Content: Sendable>: Sendable {
    /// What a look found.
    public struct Look: Sendable {
        /// The content, or what stands for a file that is not there.
        public let content: Content
        /// Why the file could not be read; `nil` when it could.
        public let fault: String?
    }

    private struct State: Sendable {
        var stamp: FileStamp?
        var look: Look
        /// What the content was made of; `nil` where the file could not be read.
        var bytes: [UInt8]?
        var hasLooked = false
        /// Whether a later change is sure to show in the stamp.
        var isSettled = true
    }

    /// The path that is looked at.
    public let path: String

    private let missing: Content
    private let parse: @Sendable ([UInt8]) -> Content
    private let now: @Sendable () -> Duration
    private let state: NIOLockedValueBox<State>

    /// No file that we read is larger for a good reason; one that is, is not read.
    private static var sizeLimit: Int { 64 * 1024 * 1024 }

    /// - Parameters:
    ///   - path: the file.
    ///   - missing: what counts when there is no file, or none that can be read.
    ///   - parse: turns the file's bytes into what they say; it takes anything.
    public convenience init(_ path: String, missing: Content, parse: @escaping @Sendable ([UInt8]) -> Content) {
        self.init(path, missing: missing, now: FileStamp.now, parse: parse)
    }

    init(
        _ path: String,
        missing: Content,
        now: @escaping @Sendable () -> Duration,
        parse: @escaping @Sendable ([UInt8]) -> Content
    ) {
        self.path = path
        self.missing = missing
        self.now = now
        self.parse = parse
        state = NIOLockedValueBox(State(look: Look(content: missing, fault: nil)))
    }

    /// What the file says now.
    public func look() -> Look {
        switch glance() {
        case .known(let look): look
        case .unread(let stamp): read(at: stamp)
        }
    }

    /// What the file says now, if it need not be read, or is small.
    ///
    /// - Parameter limit: the size up to which it is read on the spot, in bytes.
    /// - Returns: `nil` for a larger one, which somebody who may wait should `look()` at.
    func look(upTo limit: Int64) -> Look? {
        switch glance() {
        case .known(let look): look
        case .unread(let stamp):
            if let stamp, stamp.isRegularFile, stamp.size > limit { nil } else { read(at: stamp) }
        }
    }

    private enum Glance {
        case known(Look)
        case unread(FileStamp?)
    }

    private func glance() -> Glance {
        let stamp = FileStamp(path: path)
        return state.withLockedValue { state in
            state.hasLooked && state.isSettled && stamp == state.stamp ? .known(state.look) : .unread(stamp)
        }
    }

    /// What the file says, where that is known without reading it: it has been read, and has not changed since.
    ///
    /// Costs one `stat`. After `nil`, somebody who may wait should `look()`.
    public func contentIfUnchanged() -> Content? {
        let stamp = FileStamp(path: path)
        return state.withLockedValue { state in
            state.hasLooked && state.isSettled && stamp == state.stamp ? state.look.content : nil
        }
    }

    /// Reads the file, outside the lock: who need not read does not wait. Of several readings the one that ends last is
    /// kept; if the file has changed since that one's stamp, the next look sees it.
    private func read(at stamp: FileStamp?) -> Look {
        guard let stamp else {
            let fault = "\(path): \(String(cString: strerror(errno)))"
            return keep(State(stamp: nil, look: Look(content: missing, fault: fault), hasLooked: true))
        }
        let isSettled = stamp.isSettled(at: now())
        // What has just changed is read again and again, and parsed only where it says something else.
        let last = state.withLockedValue { $0 }
        if let bytes = last.bytes, bytes.count == stamp.size, stamp.isRegularFile, stillSays(bytes) {
            return keep(State(stamp: stamp, look: last.look, bytes: bytes, hasLooked: true, isSettled: isSettled))
        }
        switch bytes(at: stamp) {
        case .success(let bytes):
            // A file that changed while it was read will have another stamp at the next look, and is read again then:
            // the stamp that is kept was taken before the first byte.
            let look = Look(content: parse(bytes), fault: nil)
            return keep(State(stamp: stamp, look: look, bytes: bytes, hasLooked: true, isSettled: isSettled))
        case .failure(let fault):
            // We are out of descriptors, which says nothing about the file: what it said last stays.
            if fault.isShortage, last.hasLooked { return last.look }
            let look = Look(content: missing, fault: "\(path): \(fault.reason)")
            return keep(State(stamp: stamp, look: look, hasLooked: !fault.isShortage, isSettled: isSettled))
        }
    }

    private func keep(_ found: State) -> Look {
        state.withLockedValue { $0 = found }
        return found.look
    }

    private struct ReadFault: Error {
        let reason: String
        let isShortage: Bool

        init(_ number: Int32) {
            reason = String(cString: strerror(number))
            isShortage = number == EMFILE || number == ENFILE
        }

        init(reason: String) {
            self.reason = reason
            isShortage = false
        }
    }

    /// Non-blocking, so that a pipe that somebody puts there just now cannot hold us.
    private func openFile() -> CInt { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }

    private static var chunk: Int { 16 * 1024 }

    /// Whether the file has these bytes; compared as they are read, without room for all of them.
    private func stillSays(_ bytes: [UInt8]) -> Bool {
        let descriptor = openFile()
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 1) { buffer in
            bytes.withUnsafeBytes { bytes in
                var number: Int32 = 0
                var compared = 0
                while true {
                    let count = Self.read(descriptor, buffer, &number)
                    guard number == 0, compared + count <= bytes.count else { return false }
                    if let old = bytes.baseAddress, let new = buffer.baseAddress,
                        memcmp(old + compared, new, count) != 0
                    {
                        return false
                    }
                    compared += count
                    if count < buffer.count { return compared == bytes.count }
                }
            }
        }
    }

    private func bytes(at stamp: FileStamp) -> Result<[UInt8], ReadFault> {
        guard stamp.isRegularFile else { return .failure(ReadFault(reason: "not a regular file")) }
        let descriptor = openFile()
        guard descriptor >= 0 else { return .failure(ReadFault(errno)) }
        defer { close(descriptor) }
        // One byte more than it has, so that the end is seen with the same room.
        let room = max(1_024, min(Int(stamp.size), Self.sizeLimit) + 1)
        var number: Int32 = 0
        var bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = Self.read(descriptor, UnsafeMutableRawBufferPointer(buffer), &number)
        }
        var isAtEnd = bytes.count < room
        while number == 0, !isAtEnd, bytes.count <= Self.sizeLimit {
            // It has grown meanwhile.
            withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 1) { buffer in
                let count = Self.read(descriptor, buffer, &number)
                bytes += buffer[..<count]
                isAtEnd = count < Self.chunk
            }
        }
        if number != 0 { return .failure(ReadFault(number)) }
        return isAtEnd ? .success(bytes) : .failure(ReadFault(reason: "larger than \(Self.sizeLimit) bytes"))
    }

    /// Reads until the buffer is full or the file ends.
    ///
    /// - Returns: how many bytes; where there are fewer than there is room for, the file has ended, or `number` says
    ///   why not.
    private static func read(_ descriptor: CInt, _ buffer: UnsafeMutableRawBufferPointer, _ number: inout Int32) -> Int
    {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = Int(fairdial_read(descriptor, rest.baseAddress, rest.count))
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                number = errno
                break
            }
        }
        return filled
    }
}
