// SPDX-License-Identifier: Apache-2.0

import CNamespaces
import Foundation

/// A network of the process's own, in which names are looked up by the real `getaddrinfo` at a DNS server of ours.
///
/// The process leaves for fresh user, mount and network namespaces; needs no root where the kernel lets users have
/// these. It must be done before the first thread starts, so `main` does it.
enum Sandbox {
    /// Why there is no sandbox.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// Enters the sandbox: loopback alone, names by `files dns`, one name server at 127.0.0.1, no name service cache
    /// daemon (nscd).
    ///
    /// - Throws: `Refusal`. Where the first step is refused the process is as it was before.
    static func enter() throws(Refusal) {
        #if os(Linux)
            try check(fairdial_enter_namespaces(), "namespaces")
            let folder = try makeFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            // A delay of ours must not look like a lost packet, so the C library waits for as long as it can.
            try show("nameserver 127.0.0.1\noptions timeout:30 attempts:1\n", at: "/etc/resolv.conf", from: folder)
            try show("hosts: files dns\n", at: "/etc/nsswitch.conf", from: folder)
            try show("127.0.0.1 localhost\n::1 localhost\n", at: "/etc/hosts", from: folder)
            for path in ["/run/nscd", "/var/run/nscd"] where isDirectory(path) {
                try check(fairdial_hide_directory(path), path)
            }
        #else
            throw Refusal(description: "only Linux has the namespaces it needs")
        #endif
    }

    #if os(Linux)
        private static func makeFolder() throws(Refusal) -> String {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
                .path
            guard mkdir(folder, 0o700) == 0 else {
                throw Refusal(description: "\(folder): \(String(cString: strerror(errno)))")
            }
            return folder
        }

        private static func show(_ text: String, at path: String, from folder: String) throws(Refusal) {
            // A missing file cannot be mounted over; then the C library's own defaults are the same.
            guard FileManager.default.fileExists(atPath: path) else { return }
            let file = folder + "/" + path.replacingOccurrences(of: "/", with: "_")
            guard FileManager.default.createFile(atPath: file, contents: Data(text.utf8)) else {
                throw Refusal(description: "cannot write \(file)")
            }
            try check(fairdial_bind_mount(file, path), path)
        }

        private static func check(_ failure: Int32, _ what: String) throws(Refusal) {
            guard failure != 0 else { return }
            throw Refusal(description: "\(what): \(String(cString: strerror(failure)))")
        }

        private static func isDirectory(_ path: String) -> Bool {
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
        }
    #endif
}
