// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The machine's own files, broken in a mount and network namespace of the test's own, where no name server is to be
/// reached.
@Suite struct `A machine whose files are broken` {
    /// Runs `connect HOST` after a script has broken something.
    private func connect(_ host: String, after script: String) throws -> Tool.Run {
        let namespaces = geteuid() == 0 ? "-mn" : "-rmn"
        let whole = "set -e; ip link set lo up; \(script); exec \"$0\" connect \"$1\" 9 --json"
        return try Tool.run("/usr/bin/env", ["unshare", namespaces, "sh", "-c", whole, Tool.path, host])
    }

    private static let garbage =
        "mount -t tmpfs none /mnt; head -c 100000 /dev/urandom > /mnt/garbage; mount --bind /mnt/garbage"

    @Test(arguments: ["\(garbage) /etc/resolv.conf", "mount -t tmpfs none /etc"])
    func `a name is a failure of the name service, and the machine's own are dialed`(script: String) throws {
        let lost = try connect("db.example", after: script)
        #expect(lost.status == 1)
        let error = try #require(try lost.object["error"] as? [String: Any])
        #expect(error["code"] as? String == "temporaryNameFailure")
        let local = try connect("localhost", after: script)
        #expect(local.status == 1)
        #expect(try local.object["source"] as? String == "hosts")
        #expect(local.output.contains("connection refused"))
    }

    @Test(arguments: ["\(garbage) /etc/hosts", "mount --bind /dev/null /etc/hosts"])
    func `without a hosts file that can be read, localhost is the loopback all the same`(script: String) throws {
        let run = try connect("localhost", after: script)
        #expect(run.status == 1)
        let object = try run.object
        #expect(object["source"] as? String == "hosts")
        let attempts = try #require(object["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["address"] as? String } == ["::1", "127.0.0.1"])
        #expect(attempts.map { $0["outcome"] as? String } == ["refused", "refused"])
    }
}
