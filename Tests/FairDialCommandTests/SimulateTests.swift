// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDialCommand

@Suite struct `fairdial simulate` {
    @Test func `worlds in which every rule holds are counted, and all is well`() throws {
        let run = try Tool.run("simulate", "--seed", "1", "--worlds", "150")
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("150 worlds from seed 1, 75 of them packet by packet, every rule held; "))
    }

    @Test func `a world's story can be told`() throws {
        let stories = try (0..<2).map { _ in
            let run = try Tool.run("simulate", "--seed", "3", "--worlds", "1", "--story")
            #expect(run.status == 0)
            // The last line says how fast it was.
            return run.output.split(separator: "\n").dropLast()
        }
        #expect(stories[0].first?.contains("µs  dial ") == true)
        #expect(stories[0] == stories[1])
    }

    @Test func `a story of packets can be told, and is the same in every process`() throws {
        let stories = try (0..<2).map { _ in
            let run = try Tool.run("simulate", "--seed", "2", "--worlds", "1", "--story")
            #expect(run.status == 0)
            return run.output.split(separator: "\n").dropLast()
        }
        #expect(stories[0].first?.contains("µs  server 192.0.2.53") == true)
        #expect(stories[0] == stories[1])
    }

    @Test(arguments: [["--worlds", "0"], ["--seed", "-1"], ["--seed", "18446744073709551615", "--worlds", "2"]])
    func `a wrong command line is refused`(_ arguments: [String]) throws {
        let run = try Tool.run(Tool.path, ["simulate"] + arguments)
        #expect(run.status == 2)
        #expect(run.output == "")
    }
}
