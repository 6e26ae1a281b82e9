// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Foundation

/// A network of the program's own, in which the names that it serves are the system's names: also for `getaddrinfo`,
/// which stock SwiftNIO calls. Nothing outside is touched, and all of it ends with the process.
package enum Sandbox {
    /// What an environment says of a process that is inside, and of its children.
    private static let mark = "FEEDS_SANDBOX"

    /// Whether this process, or the one that started it, has entered.
    package static let isInside = ProcessInfo.processInfo.environment[mark] == "inside"

    /// What a child's environment needs, so that it does not enter another one.
    static var environmentForChildren: [String: String] { isInside ? [mark: "inside"] : [:] }

    /// Why there is none.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// Enters, once, and remembers it in the environment. Before the process has a second thread.
    ///
    /// - Returns: why not; `nil` where the process is inside.
    package static func enter() -> String? {
        guard getenv(mark) == nil else { return nil }
        do throws(Refusal) {
            try prepare()
            setenv(mark, "inside", 1)
            return nil
        } catch {
            return error.description
        }
    }

    private static func prepare() throws(Refusal) {
        #if os(Linux)
            // Other threads would stay outside, and each name would be looked up wherever its thread is.
            guard (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) == 1 else {
                throw Refusal(description: "the process has more than one thread")
            }
            try check(feeds_enter_namespaces(), "namespaces")
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("feeds-\(UUID().uuidString)")
            do {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            } catch {
                throw Refusal(description: "\(folder.path): \(error)")
            }
            // A mounted file stays where it is shown when its name is gone.
            defer { try? FileManager.default.removeItem(at: folder) }
            // The C library waits as long as it can: an answer that is late by our delay is no lost one.
            try show("nameserver 127.0.0.1\noptions timeout:30 attempts:1\n", at: "/etc/resolv.conf", from: folder)
            try show("hosts: files dns\n", at: "/etc/nsswitch.conf", from: folder)
            try show("127.0.0.1 localhost\n::1 localhost\n", at: "/etc/hosts", from: folder)
            // A daemon that looks names up for the C library would look them up outside.
            for path in ["/run/nscd", "/var/run/nscd"] where FileManager.default.fileExists(atPath: path) {
                try check(feeds_hide_folder(path), path)
            }
        #else
            throw Refusal(description: "only Linux has namespaces")
        #endif
    }

    #if os(Linux)
        private static func show(_ text: String, at path: String, from folder: URL) throws(Refusal) {
            // Nothing can be mounted over a file that is not there; the C library's own defaults say the same.
            guard FileManager.default.fileExists(atPath: path) else { return }
            let file = folder.appendingPathComponent((path as NSString).lastPathComponent).path
            guard FileManager.default.createFile(atPath: file, contents: Data(text.utf8)) else {
                throw Refusal(description: "cannot write \(file)")
            }
            try check(feeds_show_file(file, path), path)
        }

        private static func check(_ number: Int32, _ what: String) throws(Refusal) {
            if number != 0 { throw Refusal(description: "\(what): \(String(cString: strerror(number)))") }
        }
    #endif
}
