// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The story against a database that others wrote: `secantusdb` of PyPI, started by the test.
@Suite(.timeLimit(.minutes(3)))
struct LiveServerTests {
    @Test func `every link of 20 feeds is in a real database afterwards`() throws {
        let server = try LiveServer()
        defer { server.stop() }
        let run = try Feeds.run("--embedded", "20", "--delay", "0.2", "--mongo", server.uri, "--json")
        #expect(run.status == 0, "\(run.complaints)")
        let object = try #require(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(object["feeds"] as? [String: Int] == ["ok": 20, "failed": 0])
        #expect(object["links"] as? [String: Int] == ["found": 200, "stored": 200, "failed": 0])
        #expect(object["server"] as? String == "127.0.0.1:\(server.port)")
    }
}
