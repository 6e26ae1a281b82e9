// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A new folder that only this user can enter, for one socket.
@available(FairDial 0.1, *)
final class SocketFolder: Sendable {
    /// A `sockaddr_un` has this many bytes for a path, and one for its end.
    private static let longestPath = 107

    private let folder: String
    /// The socket's.
    let path: String
    private let isThere = NIOLockedValueBox(true)

    /// - Throws: `DialError` with the code `invalidOption`.
    init(in parent: String?, for name: String) throws(DialError) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == 0 || $0 == 0x2f }) else {
            throw DialError(.invalidOption, "a socket's file cannot have this name", target: name)
        }
        let parent = parent ?? Self.variable("XDG_RUNTIME_DIR") ?? Self.variable("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/fairdial-door-XXXXXX".utf8CString)
        let length = template.count - 1 + 1 + name.utf8.count
        guard length <= Self.longestPath else {
            let message = "the path of the socket would have \(length) bytes, and \(Self.longestPath) fit"
            throw DialError(.invalidOption, message, target: "\(parent)/…/\(name)")
        }
        // Made with 0700, whatever the umask.
        guard mkdtemp(&template) != nil else {
            let reason = String(cString: strerror(errno))
            throw DialError(.invalidOption, "cannot make a folder there: \(reason)", target: parent)
        }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        path = "\(folder)/\(name)"
    }

    /// Lets only this user use the socket; nobody else could enter its folder anyway.
    func restrict() {
        chmod(path, S_IRUSR | S_IWUSR)
    }

    func remove() {
        let isThere = isThere.withLockedValue { isThere in
            defer { isThere = false }
            return isThere
        }
        guard isThere else { return }
        unlink(path)
        rmdir(folder)
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee == UInt8(ascii: "/") else { return nil }
        return String(cString: value)
    }
}
