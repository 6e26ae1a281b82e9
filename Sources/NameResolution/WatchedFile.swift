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
/// a replacement by rename and a second edit within the same second are seen.
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
    }

    /// The path that is looked at.
    public let path: String

    private let missing: Content
    private let parse: @Sendable ([UInt8]) -> Content
    private let state: NIOLockedValueBox<State>

    /// No file that we read is larger for a good reason; one that is, is not read.
    private static var sizeLimit: Int { 64 * 1024 * 1024 }

    /// - Parameters:
    ///   - path: the file.
    ///   - missing: what counts when there is no file, or none that can be read.
    ///   - parse: turns the file's bytes into what they say; it takes anything.
    public init(_ path: String, missing: Content, parse: @escaping @Sendable ([UInt8]) -> Content) {
        self.path = path
        self.missing = missing
        self.parse = parse
        state = NIOLockedValueBox(State(look: Look(content: missing, fault: nil)))
    }

    /// What the file says now.
    public func look() -> Look {
        let stamp = FileStamp(path: path)
        return state.withLockedValue { state in
            if state.hasLooked, stamp == state.stamp { return state.look }
            read(&state, at: stamp)
            return state.look
        }
    }

    private func read(_ state: inout State, at stamp: FileStamp?) {
        guard stamp != nil else {
            let fault = "\(path): \(String(cString: strerror(errno)))"
            state = State(stamp: nil, look: Look(content: missing, fault: fault), hasLooked: true)
            return
        }
        switch bytes() {
        case .success(let bytes):
            // A file that changed while it was read will have another stamp at the next look, and is read again then:
            // the stamp that is kept was taken before the first byte.
            state = State(stamp: stamp, look: Look(content: parse(bytes), fault: nil), hasLooked: true)
        case .failure(let fault) where fault.isShortage && state.hasLooked:
            // We are out of descriptors, which says nothing about the file: what it said last stays.
            return
        case .failure(let fault):
            let look = Look(content: missing, fault: "\(path): \(fault.reason)")
            state = State(stamp: fault.isShortage ? nil : stamp, look: look, hasLooked: !fault.isShortage)
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

    private func bytes() -> Result<[UInt8], ReadFault> {
        // Non-blocking, so that a pipe somebody has put there cannot hold us.
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
