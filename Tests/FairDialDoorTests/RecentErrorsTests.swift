// SPDX-License-Identifier: Apache-2.0

import FairDial
import Testing

@testable import FairDialDoor

@Suite struct `Recent errors` {
    @Test func `the last of a target counts, whatever the case of its letters`() {
        var errors = RecentErrors()
        errors.keep(DialError(.nameNotFound, "first", target: "Db.Test:80"))
        errors.keep(DialError(.connectTimeout, "other", target: "db.test:81"))
        errors.keep(DialError(.lookupTimeout, "second", target: "db.test:80"))
        #expect(errors.error(for: "DB.test:80")?.code == .lookupTimeout)
        #expect(errors.error(for: "db.test:81")?.code == .connectTimeout)
        #expect(errors.error(for: "db.test:82") == nil)
        #expect(errors.latest?.message == "second")
    }

    @Test func `targets that failed long ago are forgotten`() {
        var errors = RecentErrors()
        for port in 1...RecentErrors.limit + 1 {
            errors.keep(DialError(.nameNotFound, "no", target: "db.test:\(port)"))
        }
        #expect(errors.error(for: "db.test:1") == nil)
        #expect(errors.error(for: "db.test:2") != nil)
        #expect(errors.error(for: "db.test:\(RecentErrors.limit + 1)") != nil)
    }
}
