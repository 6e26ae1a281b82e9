// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDialCommand

@Suite struct `fairdial simulate` {
    @Test func `runs in which every rule holds are counted, and all is well`() throws {
        let run = try Tool.run("simulate", "--seed", "1", "--runs", "150")
        #expect(run.status == 0)
        let count = "150 runs from seed 1, 75 of them packet by packet and 15 of pools"
        #expect(run.output.hasPrefix("\(count), every rule held; "))
    }

    @Test func `a run's story can be told`() throws {
        let stories = try (0..<2).map { _ in
            let run = try Tool.run("simulate", "--seed", "3", "--runs", "1", "--story")
            #expect(run.status == 0)
            // The last line says how fast it was.
            return run.output.split(separator: "\n").dropLast()
        }
        #expect(stories[0].first?.contains("µs  dial ") == true)
        #expect(stories[0] == stories[1])
    }

    @Test func `a story of packets can be told, and is the same in every process`() throws {
        let stories = try (0..<2).map { _ in
            let run = try Tool.run("simulate", "--seed", "2", "--runs", "1", "--story")
            #expect(run.status == 0)
            return run.output.split(separator: "\n").dropLast()
        }
        #expect(stories[0].first?.contains("µs  server 192.0.2.53") == true)
        #expect(stories[0] == stories[1])
    }

    @Test func `--packets runs those packet by packet alone`() throws {
        let run = try Tool.run("simulate", "--seed", "1", "--runs", "40", "--packets")
        #expect(run.status == 0)
        let count = "20 runs from seed 1, 20 of them packet by packet and 0 of pools"
        #expect(run.output.hasPrefix("\(count), every rule held; "))
    }

    @Test func `--pools runs those of a pool alone`() throws {
        let run = try Tool.run("simulate", "--seed", "1", "--runs", "40", "--pools")
        #expect(run.status == 0)
        let count = "4 runs from seed 1, 0 of them packet by packet and 4 of pools"
        #expect(run.output.hasPrefix("\(count), every rule held; "))
    }

    @Test func `--worlds, as it was called, is --runs`() throws {
        let run = try Tool.run("simulate", "--worlds", "2")
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("2 runs from seed 1, "))
    }

    @Test(arguments: [
        ["--runs", "0"], ["--worlds", "0"], ["--seed", "-1"], ["--seed", "18446744073709551615", "--runs", "2"],
        ["--runs", "1", "--worlds", "1"],
    ])
    func `a wrong command line is refused`(_ arguments: [String]) throws {
        let run = try Tool.run(Tool.path, ["simulate"] + arguments)
        #expect(run.status == 2)
        #expect(run.output == "")
    }
}
