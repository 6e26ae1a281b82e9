// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FairDialConsole

/// What every side has to do: where the servers are, how many feeds there are, how slow their names are.
struct RallyCourse: ParsableArguments, Sendable {
    @Option(help: .hidden) var feedPort = 0
    @Option(help: .hidden) var databasePort = 0
    @Option(help: ArgumentHelp("How many feeds to download.", valueName: "n")) var feeds = 500
    @Option(
        help: ArgumentHelp("How long each feed's name takes to look up. (default: 1)", valueName: "seconds"),
        transform: Seconds.init(reading:)
    )
    var delay: Seconds?
    @Flag(help: .hidden) var seam = false
    @Flag(name: .customLong("without-ipv6"), help: .hidden) var withoutIPv6 = false

    /// The connect timeout that every side has: what NIO programs usually set.
    static let connectTimeout = Duration.seconds(5)

    /// How long after the downloads' start the database is dialed.
    static let headStart = Duration.milliseconds(100)

    /// The ways of writing the database's address.
    var databaseHosts: [String] {
        ["127.0.0.1"] + (withoutIPv6 ? [] : ["::1"]) + ["localhost", "db" + SlowNames.fastSuffix]
    }

    var nameDelay: Duration { delay?.duration ?? .seconds(1) }

    var feedHosts: [String] {
        (0..<feeds).map { "feed-\($0)\(SlowNames.slowSuffix)" }
    }

    mutating func validate() throws {
        guard (1...20_000).contains(feeds) else { throw ValidationError("--feeds must be within 1 … 20000") }
        guard nameDelay <= .seconds(20) else { throw ValidationError("--delay must be 20 seconds at most") }
    }

    /// The arguments that hand the course to a child.
    var arguments: [String] {
        let (seconds, attoseconds) = nameDelay.components
        let delay = Double(seconds) + Double(attoseconds) / 1e18
        let numbers = ["--feed-port", "\(feedPort)", "--database-port", "\(databasePort)", "--feeds", "\(feeds)"]
        return numbers + ["--delay", "\(delay)"] + (seam ? ["--seam"] : []) + (withoutIPv6 ? ["--without-ipv6"] : [])
    }
}
