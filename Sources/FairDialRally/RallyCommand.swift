// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import FairDialConsole
import FairDialTestKit
import Foundation
import NIOPosix

/// `fairdial rally`: 500 slow lookups and one database, with stock programs and with FairDial.
package struct RallyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rally",
        abstract: "500 slow feeds and a database, foul and fair side by side.",
        discussion: """
            Starts a slow DNS server, servers for the feeds and one in place of a database, all in a network of its \
            own. Then each side in turn downloads the feeds and dials the database, with a connect timeout of 5 s: \
            first two foul ones, stock SwiftNIO and a pool of four resolver threads, then the fair one, FairDial. A \
            foul side is stopped as soon as its dials of the database have failed. Every figure is measured in this run.

            Exit status: 0 the fair side did all its work, 1 it did not, 2 the command line was wrong.
            """
    )

    @OptionGroup var course: RallyCourse

    @Flag(help: "Print one JSON object per side, one line each.")
    var json = false

    @Option(help: ArgumentHelp("Draw the table as an SVG picture.", valueName: "file.svg"))
    var chart: String?

    @Option(help: .hidden)
    var side: RallySide?

    package init() {}

    package mutating func validate() throws {
        guard let chart else { return }
        do throws(WrongValue) {
            try NamedFile(chart).checkWritable()
        } catch {
            throw ValidationError("--chart: cannot write \(chart): \(error)")
        }
        if !FileManager.default.createFile(atPath: chart, contents: nil) {
            throw ValidationError("--chart: cannot write \(chart): write the name of a file in a folder that is there")
        }
    }

    package func run() async throws {
        if let side {
            Leash.endWithParent()
            // The lookups that a foul side leaves behind end with the process.
            let result = await RallyLap(side: side, course: course).drive()
            StandardStreams.say(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
            Foundation.exit(0)
        }
        var course = course
        course.seam = course.seam || !SandboxEntrance.isInside
        let results = try await Self.laps(course)
        if json {
            for result in results { StandardStreams.say(result.json) }
        } else {
            for line in RallyTable(results: results, course: course).lines() { StandardStreams.say(line) }
        }
        if let chart {
            try Data(RallyChart(results: results, course: course).svg.utf8).write(to: URL(fileURLWithPath: chart))
        }
        guard let fair = results.first(where: { $0.side == RallySide.fair.rawValue }),
            fair.feedsDone == course.feeds, fair.dials.allSatisfy({ $0.error == nil })
        else { throw ExitCode(1) }
    }

    private static func laps(_ course: RallyCourse) async throws -> [RallyLap.Result] {
        var course = course
        let group = MultiThreadedEventLoopGroup.singleton
        let names = SlowNames(delay: course.nameDelay)
        let nameServer = course.seam ? nil : try await DNSServer.start(port: 53) { names.respond(to: $0) }
        let feedServer = try await FeedServer.start(on: group)
        let database = try await DatabaseStandIn.start()
        course.feedPort = feedServer.port
        course.databasePort = database.port
        course.withoutIPv6 = !database.hasIPv6
        var results: [RallyLap.Result] = []
        for side in RallySide.allCases {
            results.append(try await RallyChild(side: side, course: course).run())
        }
        await database.stop()
        await feedServer.stop()
        await nameServer?.stop()
        return results
    }
}
