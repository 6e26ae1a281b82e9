// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOConcurrencyHelpers
import TestHelpers
import Testing

@testable import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension WatchedFile<String> {
    /// A file as text; `none` when there is nothing to read.
    fileprivate convenience init(text path: String) {
        self.init(path, missing: "none") { String(decoding: $0, as: UTF8.self) }
    }

    fileprivate var text: String { look().content }
}

@Suite struct `A watched file's changes are seen at the next look` {
    private let folder: TemporaryFolder
    private let file: WatchedFile<String>

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("one", to: "hosts")
        file = WatchedFile(text: folder.path("hosts"))
        #expect(file.text == "one")
    }

    @Test func `an edit in place`() throws {
        try folder.write("longer", to: "hosts")
        #expect(file.text == "longer")
        try folder.write("", to: "hosts")
        #expect(file.text == "")
    }

    @Test func `edits of the same size within the same second`() throws {
        for number in 100..<400 {
            try folder.write("\(number)", to: "hosts")
            #expect(file.text == "\(number)")
        }
    }

    @Test func `an edit of the same size whose time of modification is set back`() throws {
        var times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, file.path, &times, 0) == 0)
        #expect(file.text == "one")
        try folder.write("two", to: "hosts")
        #expect(utimensat(AT_FDCWD, file.path, &times, 0) == 0)
        #expect(file.text == "two")
    }

    @Test func `what has just changed is read again, and parsed only when it says something else`() throws {
        let parsed = NIOLockedValueBox(0)
        let path = folder.path("hosts")
        let counted = WatchedFile(path, missing: "none", now: { FileStamp.now() }) { bytes in
            parsed.withLockedValue { $0 += 1 }
            return String(decoding: bytes, as: UTF8.self)
        }
        for text in ["two", "two", "six", "six", "six"] {
            try folder.write(text, to: "hosts")
            #expect(counted.look().content == text)
        }
        #expect(parsed.withLockedValue { $0 } == 2)
    }

    @Test(.timeLimit(.minutes(15)))
    func `who looks while somebody else reads does not wait for that`() async throws {
        let began = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        let slow = WatchedFile(folder.path("hosts"), missing: "none") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if text == "slow" {
                began.signal()
                goOn.wait()
            }
            return text
        }
        try folder.write("slow", to: "hosts")
        DispatchQueue.global().async {
            _ = slow.look()
            ended.signal()
        }
        await Self.wait(for: began)
        try folder.write("later", to: "hosts")
        #expect(slow.look().content == "later")
        goOn.signal()
        await Self.wait(for: ended)
        // What the slow reading has found is older than the file.
        #expect(slow.look().content == "later")
    }

    private static func wait(for semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                semaphore.wait()
                continuation.resume()
            }
        }
    }

    @Test func `a replacement by rename`() throws {
        try folder.write("two", to: "new")
        try folder.move("new", to: "hosts")
        #expect(file.text == "two")
    }

    @Test func `deletion and return`() throws {
        try folder.delete("hosts")
        #expect(file.text == "none")
        #expect(file.look().fault == "\(file.path): No such file or directory")
        try folder.write("one", to: "hosts")
        #expect(file.text == "one")
        #expect(file.look().fault == nil)
    }

    @Test func `a symbolic link that is turned to another file`() throws {
        try folder.write("two", to: "other")
        try folder.link("link", to: folder.path("hosts"))
        let file = WatchedFile(text: folder.path("link"))
        #expect(file.text == "one")
        try folder.link("new", to: folder.path("other"))
        try folder.move("new", to: "link")
        #expect(file.text == "two")
        try folder.write("six", to: "other")
        #expect(file.text == "six")
        try folder.delete("other")
        #expect(file.text == "none")
    }

    @Test func `a folder along the path that is turned to another one`() throws {
        let other = try TemporaryFolder()
        try other.write("two", to: "hosts")
        try folder.link("link", to: folder.path)
        let file = WatchedFile(text: folder.path("link") + "/hosts")
        #expect(file.text == "one")
        try folder.link("new", to: other.path)
        try folder.move("new", to: "link")
        #expect(file.text == "two")
    }
}

@Suite struct `A watched file` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `is read again only when it has changed`() throws {
        try folder.write("one", to: "hosts")
        let reads = NIOLockedValueBox(0)
        // The clock stands a minute after the file's last change, so nothing can have changed unseen.
        let clock = NIOLockedValueBox(Duration.seconds(time(nil) + 60))
        let file = WatchedFile(folder.path("hosts"), missing: 0, now: { clock.withLockedValue { $0 } }) { _ in
            reads.withLockedValue { reads in
                reads += 1
                return reads
            }
        }
        for _ in 0..<5 { #expect(file.look().content == 1) }
        try folder.write("two", to: "hosts")
        for _ in 0..<5 { #expect(file.look().content == 2) }
    }

    @Test func `that has just changed is read at each look, until a second change would show`() throws {
        try folder.write("one", to: "hosts")
        let reads = NIOLockedValueBox(0)
        let start = FileStamp.now()
        let clock = NIOLockedValueBox(start)
        let file = WatchedFile(folder.path("hosts"), missing: 0, now: { clock.withLockedValue { $0 } }) { _ in
            reads.withLockedValue { reads in
                reads += 1
                return reads
            }
        }
        // Read at each look, and parsed once: it has said the same each time.
        #expect(file.look().content == 1)
        #expect(file.contentIfUnchanged() == nil)
        #expect(file.look().content == 1)
        clock.withLockedValue { $0 = start + .seconds(60) }
        #expect(file.contentIfUnchanged() == nil)
        #expect(file.look().content == 1)
        #expect(file.contentIfUnchanged() == 1)
    }

    @Test func `whose clock has been set back is read once, until its last change comes again`() throws {
        try folder.write("one", to: "hosts")
        let written = Duration.seconds(time(nil))
        let clock = NIOLockedValueBox(written - .seconds(86_400))
        let file = WatchedFile(folder.path("hosts"), missing: "none", now: { clock.withLockedValue { $0 } }) {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(file.look().content == "one")
        // It need not be read, and is not.
        #expect(file.contentIfUnchanged() == "one")
        try folder.write("two", to: "hosts")
        #expect(file.contentIfUnchanged() == nil)
        #expect(file.look().content == "two")
        // A change might have the same time by then.
        clock.withLockedValue { $0 = written + .seconds(2) }
        #expect(file.contentIfUnchanged() == nil)
    }

    @Test func `that is not there is what stands for it, and says why`() {
        let file = WatchedFile(text: folder.path("hosts"))
        #expect(file.text == "none")
        #expect(file.look().fault == "\(file.path): No such file or directory")
    }

    @Test func `is no folder`() {
        let file = WatchedFile(text: folder.path)
        #expect(file.text == "none")
        #expect(file.look().fault == "\(file.path): not a regular file")
    }

    @Test func `is no pipe, and does not wait for one`() throws {
        #expect(mkfifo(folder.path("hosts"), 0o600) == 0)
        let file = WatchedFile(text: folder.path("hosts"))
        #expect(file.text == "none")
        #expect(file.look().fault == "\(file.path): not a regular file")
        try folder.delete("hosts")
        try folder.write("one", to: "hosts")
        #expect(file.text == "one")
    }

    @Test func `is no device`() {
        let file = WatchedFile(text: "/dev/zero")
        #expect(file.text == "none")
        #expect(file.look().fault == "/dev/zero: not a regular file")
    }

    @Test func `is no circle of links`() throws {
        try folder.link("a", to: folder.path("b"))
        try folder.link("b", to: folder.path("a"))
        let file = WatchedFile(text: folder.path("a"))
        #expect(file.text == "none")
        #expect(file.look().fault == "\(file.path): Too many levels of symbolic links")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `that may not be read is what stands for it`() throws {
        try folder.write("one", to: "hosts")
        let file = WatchedFile(text: folder.path("hosts"))
        #expect(chmod(file.path, 0) == 0)
        #expect(file.text == "none")
        #expect(file.look().fault == "\(file.path): Permission denied")
        #expect(chmod(file.path, 0o600) == 0)
        #expect(file.text == "one")
    }

    @Test func `of more than 64 MiB is not read`() throws {
        try folder.write("", to: "hosts")
        let limit = 64 * 1024 * 1024
        let file = WatchedFile(folder.path("hosts"), missing: -1) { $0.count }
        #expect(truncate(file.path, off_t(limit)) == 0)
        #expect(file.look().content == limit)
        #expect(truncate(file.path, off_t(limit + 1)) == 0)
        #expect(file.look().content == -1)
        #expect(file.look().fault == "\(file.path): larger than 67108864 bytes, so it is not read")
        #expect(truncate(file.path, 3) == 0)
        #expect(file.look().content == 3)
    }

    @Test func `is read whole by many at once`() async throws {
        try folder.write(String(repeating: "x", count: 100_000), to: "hosts")
        let file = WatchedFile(text: folder.path("hosts"))
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { #expect(file.text.utf8.count == 100_000) } }
        }
    }

    #if os(Linux) || os(macOS)
        @Test func `keeps what it said while there is no descriptor to read it with`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try TemporaryFolder()
                try folder.write("one", to: "hosts")
                let known = WatchedFile(text: folder.path("hosts"))
                let unknown = WatchedFile(text: folder.path("hosts"))
                guard known.text == "one" else { exit(1) }
                try folder.write("other", to: "hosts")
                var limit = rlimit()
                #if canImport(Glibc)
                    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
                #else
                    let resource = RLIMIT_NOFILE
                #endif
                guard getrlimit(resource, &limit) == 0 else { exit(2) }
                var none = rlimit(rlim_cur: 0, rlim_max: limit.rlim_max)
                guard setrlimit(resource, &none) == 0 else { exit(3) }
                let (kept, fault) = (known.look(), unknown.look())
                guard setrlimit(resource, &limit) == 0 else { exit(4) }
                guard kept.content == "one", fault.content == "none", fault.fault?.contains("Too many open") == true
                else { exit(5) }
                // With descriptors again, both are read.
                guard known.text == "other", unknown.text == "other" else { exit(6) }
                try folder.delete("hosts")
                rmdir(folder.path)
                exit(0)
            }
        }
    #endif
}

@Suite struct `File stamp` {
    @Test func `there is none for what is not there`() throws {
        let folder = try TemporaryFolder()
        #expect(FileStamp(path: folder.path("hosts")) == nil)
    }

    @Test func `a file that is left alone keeps its stamp, and one that is not does not`() throws {
        let folder = try TemporaryFolder()
        try folder.write("one", to: "hosts")
        let stamp = try #require(FileStamp(path: folder.path("hosts")))
        #expect(FileStamp(path: folder.path("hosts")) == stamp)
        try folder.write("longer", to: "hosts")
        #expect(FileStamp(path: folder.path("hosts")) != stamp)
    }

    @Test func `a copy with the same size and time is another file`() throws {
        let folder = try TemporaryFolder()
        var times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
        for name in ["a", "b"] {
            try folder.write("one", to: name)
            #expect(utimensat(AT_FDCWD, folder.path(name), &times, 0) == 0)
        }
        #expect(FileStamp(path: folder.path("a")) != FileStamp(path: folder.path("b")))
    }
}
