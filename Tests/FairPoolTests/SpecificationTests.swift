// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite(.enabled(if: !SpecificationRun.names.isEmpty, "needs the vectors beside the project"))
struct `MongoDB's files about connection pools` {
    @Test(arguments: SpecificationRun.names)
    func `are passed, each with its events in order`(name: String) throws {
        var run = try SpecificationRun(name)
        try run.run()
    }

    @Test func `are all there`() {
        #expect(SpecificationRun.names.count == 33)
    }
}
