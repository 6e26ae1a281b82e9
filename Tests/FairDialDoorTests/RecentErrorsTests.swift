// SPDX-License-Identifier: Apache-2.0

import FairDial
import Testing

@testable import FairDialDoor

@Suite struct `Recent errors` {
    @Test func `the last of a target counts, whatever the case of its letters`() throws {
        var errors = RecentErrors()
        for (host, port, code) in [
            ("Db.Test", 80, DialError.Code.nameNotFound), ("db.test", 81, .connectTimeout),
            ("db.test", 80, .lookupTimeout),
        ] {
            errors.keep(DialError(code, "no", target: "\(host):\(port)"), of: try Target(host: host, port: port))
        }
        #expect(errors.error(for: try Target(host: "DB.test", port: 80))?.code == .lookupTimeout)
        #expect(errors.error(for: try Target(host: "db.test", port: 81))?.code == .connectTimeout)
        #expect(errors.error(for: try Target(host: "db.test", port: 82)) == nil)
        #expect(errors.latest?.code == .lookupTimeout)
    }

    @Test func `targets whose texts are cut at the same letters are two`() throws {
        var errors = RecentErrors()
        let long = String(repeating: "long-label.", count: 12)
        let (one, other) = (try Target(host: long + "one", port: 80), try Target(host: long + "other", port: 80))
        errors.keep(DialError(.nameNotFound, "no", target: "\(one)"), of: one)
        #expect(errors.error(for: other) == nil)
        #expect(errors.error(for: one)?.code == .nameNotFound)
    }

    @Test func `what can be no target is the last error of all, and no target's`() throws {
        var errors = RecentErrors()
        errors.keep(DialError(.invalidTarget, "no port", target: "db.test:80"), of: nil)
        #expect(errors.error(for: try Target(host: "db.test", port: 80)) == nil)
        #expect(errors.latest?.code == .invalidTarget)
    }

    @Test func `targets that failed long ago are forgotten`() throws {
        var errors = RecentErrors()
        for port in 1...RecentErrors.limit + 1 {
            let target = try Target(host: "db.test", port: port)
            errors.keep(DialError(.nameNotFound, "no", target: "\(target)"), of: target)
        }
        #expect(errors.error(for: try Target(host: "db.test", port: 1)) == nil)
        #expect(errors.error(for: try Target(host: "db.test", port: 2)) != nil)
        #expect(errors.error(for: try Target(host: "db.test", port: RecentErrors.limit + 1)) != nil)
    }
}
