// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A file that the command line names.
package struct NamedFile {
    private let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// Checks, without opening it, that it is a regular file and not too large: opening a FIFO waits for its other end,
    /// and a device may have no end.
    ///
    /// - Throws: `WrongValue`, also where there is no such file.
    package func checkRegular(atMost size: Int) throws(WrongValue) {
        guard let found = try Self.information(on: path) else { throw WrongValue("no such file or directory") }
        try Self.checkRegular(found)
        guard found.st_size <= size else { throw WrongValue("it is larger than \(size) bytes") }
    }

    /// The same for a file to write, which need not be there.
    ///
    /// - Throws: `WrongValue`.
    package func checkWritable() throws(WrongValue) {
        if let found = try Self.information(on: path) { try Self.checkRegular(found) }
    }

    /// All of it, from a pipe too; it is waited for.
    ///
    /// - Throws: `WrongValue` where it cannot be read, or is larger than `size` bytes.
    package func contents(atMost size: Int) throws(WrongValue) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw WrongValue(Self.words(for: errno)) }
        var contents: [UInt8] = []
        let chunk = 1 << 20
        while contents.count <= size {
            do {
                guard let read = try file.read(upToCount: chunk), !read.isEmpty else { return contents }
                contents.append(contentsOf: read)
            } catch {
                throw WrongValue("it cannot be read")
            }
        }
        throw WrongValue("it is larger than \(size) bytes")
    }

    private static func checkRegular(_ found: stat) throws(WrongValue) {
        guard found.st_mode & S_IFMT == S_IFREG else { throw WrongValue("it is not a regular file") }
    }

    /// What the system knows of a file; `nil` where there is none.
    private static func information(on path: String) throws(WrongValue) -> stat? {
        var found = stat()
        if stat(path, &found) == 0 { return found }
        if errno == ENOENT { return nil }
        throw WrongValue(words(for: errno))
    }

    private static func words(for number: Int32) -> String {
        String(cString: strerror(number)).lowercased()
    }
}
