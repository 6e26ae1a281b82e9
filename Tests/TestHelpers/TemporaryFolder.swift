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
package final class TemporaryFolder: Sendable {
    /// A system call that failed.
    package struct Failure: Error {
        package let call: String
        package let reason: String

        package init(_ call: String, _ number: Int32) {
            self.call = call
            reason = String(cString: strerror(number))
        }
    }

    package let path: String
    private let names = NIOLockedValueBox<Set<String>>([])

    package init() throws {
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
    package func path(_ name: String) -> String {
        _ = names.withLockedValue { $0.insert(name) }
        return "\(path)/\(name)"
    }

    /// Writes a file in place: the file stays the same one, and has other contents.
    package func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        guard let file = fopen(path(name), "w") else { throw Failure("fopen", errno) }
        let bytes = Array(bytes)
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else { throw Failure("fwrite", errno) }
    }

    package func write(_ text: String, to name: String) throws {
        try write(text.utf8, to: name)
    }

    /// Writes a file.
    ///
    /// - Returns: its path.
    package func makeFile(_ name: String, _ text: String = "") throws -> String {
        try write(text, to: name)
        return path(name)
    }

    /// Gives a file a size; what it does not have is a hole.
    package func resize(_ name: String, to size: Int) throws {
        guard truncate(path(name), off_t(size)) == 0 else { throw Failure("truncate", errno) }
    }

    package func move(_ name: String, to other: String) throws {
        guard rename(path(name), path(other)) == 0 else { throw Failure("rename", errno) }
    }

    package func delete(_ name: String) throws {
        guard unlink(path(name)) == 0 else { throw Failure("unlink", errno) }
    }

    package func link(_ name: String, to target: String) throws {
        guard symlink(target, path(name)) == 0 else { throw Failure("symlink", errno) }
    }
}
