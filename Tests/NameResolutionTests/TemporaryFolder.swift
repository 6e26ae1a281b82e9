// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

import NIOConcurrencyHelpers

/// A folder for one test, which goes with all that was put into it.
final class TemporaryFolder: Sendable {
    /// A system call that failed.
    struct Failure: Error {
        let call: String
        let reason: String

        init(_ call: String, _ number: Int32) {
            self.call = call
            reason = String(cString: strerror(number))
        }
    }

    let path: String
    private let names = NIOLockedValueBox<Set<String>>([])

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/fairdial-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("mkdtemp", errno) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in names.withLockedValue({ $0 }) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// The path of a file in the folder; whatever is put there goes with the folder.
    func path(_ name: String) -> String {
        _ = names.withLockedValue { $0.insert(name) }
        return "\(path)/\(name)"
    }

    /// Writes a file in place: the file stays the same one, and has other contents.
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        guard let file = fopen(path(name), "w") else { throw Failure("fopen", errno) }
        let bytes = Array(bytes)
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else { throw Failure("fwrite", errno) }
    }

    func write(_ text: String, to name: String) throws {
        try write(text.utf8, to: name)
    }

    func move(_ name: String, to other: String) throws {
        guard rename(path(name), path(other)) == 0 else { throw Failure("rename", errno) }
    }

    func delete(_ name: String) throws {
        guard unlink(path(name)) == 0 else { throw Failure("unlink", errno) }
    }

    func link(_ name: String, to target: String) throws {
        guard symlink(target, path(name)) == 0 else { throw Failure("symlink", errno) }
    }
}
