// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite(.enabled(if: !SpecificationRun.names.isEmpty, "needs the vectors beside the project"))
struct `MongoDB's files about connection pools` {
    @Test(arguments: SpecificationRun.names)
    func `are passed, each with its events in order`(name: String) throws {
        var run = try SpecificationRun(name)
        try run.run()
    }
}

@Suite struct `The files that are passed` {
    /// Outside of the suite that runs them: without them that one runs nothing, and says that all is well.
    @Test(.enabled(if: SpecificationRun.isPossible, "needs the vectors beside the project"))
    func `are all there`() {
        #expect(SpecificationRun.names.count == 33)
    }
}
