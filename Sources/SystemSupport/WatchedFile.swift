// SPDX-License-Identifier: Apache-2.0

import CSockets
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
/// A look costs one `stat`. Device, inode, size, and both times in nanoseconds tell one state of a file from another,
/// so a replacement by rename is seen. A second edit may come within one tick of the file system's clock and look the
/// same: a file that has just changed is read at each look.
@available(FairDial 0.1, *)
package final class WatchedFile<Content: Sendable>: Sendable {
    /// What a look found.
    package struct Look: Sendable {
        /// The content, or what stands for a file that is not there.
        package let content: Content
        /// Why the file could not be read; `nil` when it could.
        package let fault: String?
        /// Whether there is a file, and it is too large to be read: the C library knows what it says, and we do not.
        package let isTooLarge: Bool

        init(content: Content, fault: String?, isTooLarge: Bool = false) {
            self.content = content
            self.fault = fault
            self.isTooLarge = isTooLarge
        }
    }

    private struct State: Sendable {
        var stamp: FileStamp?
        var look: Look
        /// What the content was made of; `nil` where the file could not be read.
        var bytes: [UInt8]?
        var hasLooked = false
        /// Whether a later change is sure to show in the stamp.
        var isSettled = true
        /// Until when that holds, where the file's times lie ahead; `nil` for ever.
        var settledUntil: Duration?
    }

    /// The path that is looked at.
    package let path: String

    private let missing: Content
    private let tooLarge: @Sendable (String) -> Content
    private let sizeLimit: Int
    private let parse: @Sendable ([UInt8]) -> Content
    private let now: @Sendable () -> Duration
    private let state: NIOLockedValueBox<State>

    /// 64 MiB: no list of names that we know of is larger.
    package static var standardSizeLimit: Int { 64 * 1024 * 1024 }

    /// - Parameters:
    ///   - path: the file.
    ///   - missing: what counts when there is no file, or none that can be read.
    ///   - sizeLimit: the size of the largest file that is read, in bytes.
    ///   - tooLarge: what counts where the file is larger, from the reason, a clause for a person; else what is
    ///     missing.
    ///   - parse: turns the file's bytes into what they say; it takes anything.
    package convenience init(
        _ path: String,
        missing: Content,
        upTo sizeLimit: Int = WatchedFile.standardSizeLimit,
        tooLarge: (@Sendable (String) -> Content)? = nil,
        parse: @escaping @Sendable ([UInt8]) -> Content
    ) {
        self.init(path, missing: missing, upTo: sizeLimit, tooLarge: tooLarge, now: FileStamp.now, parse: parse)
    }

    package init(
        _ path: String,
        missing: Content,
        upTo sizeLimit: Int = WatchedFile.standardSizeLimit,
        tooLarge: (@Sendable (String) -> Content)? = nil,
        now: @escaping @Sendable () -> Duration,
        parse: @escaping @Sendable ([UInt8]) -> Content
    ) {
        self.path = path
        self.missing = missing
        self.sizeLimit = sizeLimit
        self.tooLarge = tooLarge ?? { _ in missing }
        self.now = now
        self.parse = parse
        state = NIOLockedValueBox(State(look: Look(content: missing, fault: nil)))
    }

    /// What the file says now.
    package func look() -> Look {
        switch glance() {
        case .known(let look): look
        case .unread(let stamp): read(at: stamp)
        }
    }

    /// What the file says now, if it need not be read, or is small.
    ///
    /// - Parameter limit: the size up to which it is read on the calling thread, in bytes.
    /// - Returns: `nil` for a larger one, which a caller that may block should `look()` at.
    package func look(upTo limit: Int64) -> Look? {
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
            isKnown(state, stamp) ? .known(state.look) : .unread(stamp)
        }
    }

    private func isKnown(_ state: State, _ stamp: FileStamp?) -> Bool {
        guard state.hasLooked, state.isSettled, stamp == state.stamp else { return false }
        return state.settledUntil.map { now() < $0 } ?? true
    }

    /// What the file says, where that is known without reading it: it has been read, and has not changed since.
    ///
    /// Costs one `stat`. After `nil`, a caller that may block should `look()`; of a file that is too large it is never
    /// known.
    package func contentIfUnchanged() -> Content? {
        let stamp = FileStamp(path: path)
        return state.withLockedValue { state in
            isKnown(state, stamp) && !state.look.isTooLarge ? state.look.content : nil
        }
    }

    /// Reads the file, outside the lock: who need not read does not wait. Of several readings the one that ends last is
    /// kept; if the file has changed since that one's stamp, the next look sees it.
    private func read(at stamp: FileStamp?) -> Look {
        guard let stamp else {
            let fault = "\(path): \(String(cString: strerror(errno)))"
            return keep(State(stamp: nil, look: Look(content: missing, fault: fault), hasLooked: true))
        }
        let time = now()
        let isSettled = stamp.isSettled(at: time)
        let settledUntil = stamp.settledUntil(from: time)
        // What has just changed is read again and again, and parsed only where it says something else.
        let last = state.withLockedValue { $0 }
        if let bytes = last.bytes, bytes.count == stamp.size, stamp.isRegularFile, stillSays(bytes) {
            return keep(
                State(
                    stamp: stamp,
                    look: last.look,
                    bytes: bytes,
                    hasLooked: true,
                    isSettled: isSettled,
                    settledUntil: settledUntil
                )
            )
        }
        switch bytes(at: stamp) {
        case .success(let bytes):
            // A file that changed while it was read will have another stamp at the next look, and is read again then:
            // the stamp that is kept was taken before the first byte.
            let look = Look(content: parse(bytes), fault: nil)
            return keep(
                State(
                    stamp: stamp,
                    look: look,
                    bytes: bytes,
                    hasLooked: true,
                    isSettled: isSettled,
                    settledUntil: settledUntil
                )
            )
        case .failure(let fault):
            // We are out of descriptors, which says nothing about the file: what it said last stays.
            if fault.isShortage, last.hasLooked { return last.look }
            let reason = "\(path): \(fault.reason)"
            let look = Look(
                content: fault.isTooLarge ? tooLarge(reason) : missing,
                fault: reason,
                isTooLarge: fault.isTooLarge
            )
            return keep(
                State(
                    stamp: stamp,
                    look: look,
                    hasLooked: !fault.isShortage,
                    isSettled: isSettled,
                    settledUntil: settledUntil
                )
            )
        }
    }

    private func keep(_ found: State) -> Look {
        state.withLockedValue { $0 = found }
        return found.look
    }

    private struct ReadFault: Error {
        let reason: String
        let isShortage: Bool
        var isTooLarge = false

        init(_ number: Int32) {
            reason = String(cString: strerror(number))
            isShortage = number == EMFILE || number == ENFILE
        }

        init(reason: String) {
            self.reason = reason
            isShortage = false
        }

        /// - Parameter limit: in bytes.
        init(largerThan limit: Int) {
            reason = "larger than \(limit) bytes, so it is not read"
            isShortage = false
            isTooLarge = true
        }
    }

    /// Non-blocking, so that a pipe that another process puts there just now cannot block us.
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
        // An empty file needs no read.
        if stamp.size > sizeLimit { return .failure(ReadFault(largerThan: sizeLimit)) }
        let descriptor = openFile()
        guard descriptor >= 0 else { return .failure(ReadFault(errno)) }
        defer { close(descriptor) }
        // One byte more than it has, so that the end is seen with the same room.
        let room = max(1_024, Int(stamp.size) + 1)
        var number: Int32 = 0
        var bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = Self.read(descriptor, UnsafeMutableRawBufferPointer(buffer), &number)
        }
        var isAtEnd = bytes.count < room
        while number == 0, !isAtEnd, bytes.count <= sizeLimit {
            // It has grown meanwhile.
            withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 1) { buffer in
                let count = Self.read(descriptor, buffer, &number)
                bytes += buffer[..<count]
                isAtEnd = count < Self.chunk
            }
        }
        if number != 0 { return .failure(ReadFault(number)) }
        return isAtEnd ? .success(bytes) : .failure(ReadFault(largerThan: sizeLimit))
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
