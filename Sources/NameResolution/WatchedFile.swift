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
        let stamp = FileStamp(path: path)
        return state.withLockedValue { state in
            if state.hasLooked, state.isSettled, stamp == state.stamp { return state.look }
            read(&state, at: stamp)
            return state.look
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

    private func read(_ state: inout State, at stamp: FileStamp?) {
        guard let stamp else {
            let fault = "\(path): \(String(cString: strerror(errno)))"
            state = State(stamp: nil, look: Look(content: missing, fault: fault), hasLooked: true)
            return
        }
        let isSettled = stamp.isSettled(at: now())
        switch bytes(at: stamp) {
        case .success(let bytes):
            // A file that changed while it was read will have another stamp at the next look, and is read again then:
            // the stamp that is kept was taken before the first byte.
            let look = Look(content: parse(bytes), fault: nil)
            state = State(stamp: stamp, look: look, hasLooked: true, isSettled: isSettled)
        case .failure(let fault) where fault.isShortage && state.hasLooked:
            // We are out of descriptors, which says nothing about the file: what it said last stays.
            return
        case .failure(let fault):
            let look = Look(content: missing, fault: "\(path): \(fault.reason)")
            state = State(stamp: stamp, look: look, hasLooked: !fault.isShortage, isSettled: isSettled)
        }
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

    private func bytes(at stamp: FileStamp) -> Result<[UInt8], ReadFault> {
        guard stamp.isRegularFile else { return .failure(ReadFault(reason: "not a regular file")) }
        // Non-blocking, so that a pipe that somebody puts there just now cannot hold us.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(ReadFault(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let chunk = 16 * 1024
        while bytes.count <= Self.sizeLimit {
            var number: Int32 = 0
            let count = withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 1) { buffer -> Int in
                let count = Int(fairdial_read(descriptor, buffer.baseAddress, chunk))
                if count < 0 { number = errno } else { bytes += buffer[..<count] }
                return count
            }
            if count == 0 { return .success(bytes) }
            if count < 0, number != EINTR { return .failure(ReadFault(number)) }
        }
        return .failure(ReadFault(reason: "larger than \(Self.sizeLimit) bytes"))
    }
}
