// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ConnectionStrings
import FairDial
import Foundation

/// `feeds`, without a word more: the story itself.
struct StoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch the feeds, and store their links. This is what `feeds` does without a subcommand."
    )

    @Argument(help: "A file of feed addresses: one a line, # for a comment.")
    var list: String?

    @Option(help: ArgumentHelp("So many feeds of its own, with slow names, instead of a file.", valueName: "n"))
    var embedded: Int?

    @Option(
        help: ArgumentHelp("How long each embedded feed's name takes to look up. (default: 1)", valueName: "seconds")
    )
    var delay: Seconds?

    @Option(help: ArgumentHelp("The database; without it, a canned server inside this process.", valueName: "uri"))
    var mongo: String?

    @Flag(help: "Dial as stock SwiftNIO does: one loop, one lookup at a time, the connect timer first.")
    var foul = false

    @Flag(help: "Print one JSON object, on one line, and nothing else on standard output.")
    var json = false

    @Option(help: ArgumentHelp("Draw the pool's size and its waiters over time.", valueName: "file.svg"))
    var chart: String?

    @Flag(help: .hidden) var noSandbox = false
    /// The inserts without the feeds: what `compare` takes off.
    @Flag(help: .hidden) var insertsAlone = false
    /// Writes this run's lines down for another run's picture, and takes another's into this one.
    @Option(help: .hidden) var samples: String?
    @Option(help: .hidden) var beside: String?

    mutating func validate() throws {
        guard (list == nil) != (embedded == nil) else { throw ValidationError("give a file, or --embedded") }
        guard (1...FeedList.mostFeeds).contains(embedded ?? 1) else {
            throw ValidationError("--embedded must be within 1 … \(FeedList.mostFeeds)")
        }
    }

    func run() async throws {
        for file in [chart, samples].compactMap({ $0 })
        where !FileManager.default.createFile(atPath: file, contents: nil) {
            throw UnusableError(description: "cannot write \(file): name a file in a folder that is there")
        }
        let other = try beside.map(Self.side(in:))
        let (servers, canned) = try await startServers()
        let addresses = try readAddresses(servers)
        let database = try DatabaseAddress(mongo ?? canned?.uri ?? "")
        let recorder = PoolRecorder()
        let (dialer, store) = try sides(servers, database, recorder)
        let story = Story(side: foul ? .foul : .fair, dialer: dialer, store: store)
        let bar = json ? nil : Task { await ProgressBar(feeds: addresses.count).show(story) }
        var result =
            insertsAlone
            ? await story.storeAlone(feeds: addresses.count, linksEach: FeedText.linksPerFeed)
            : await story.run(addresses)
        bar?.cancel()
        await bar?.value
        result.pool = recorder.record
        result.poolMaximum = database.poolSize
        result.server = mongo == nil ? "embedded" : database.hosts
        try write(result, beside: other, feeds: addresses.count)
        if json { Streams.say(result.json) } else { Summary(result: result).printableLines.forEach(Streams.say) }
        await store.close()
        // The lookups that a foul side leaves behind would take minutes.
        Foundation.exit(result.isComplete ? 0 : 1)
    }

    /// Those that are wanted: feeds of our own, a database of our own.
    private func startServers() async throws -> (EmbeddedServers?, CannedMongo?) {
        do {
            let servers =
                embedded == nil
                ? nil
                : try await EmbeddedServers.start(
                    delay: delay?.duration ?? .seconds(1),
                    isSystems: Sandbox.isInside
                )
            if mongo != nil { return (servers, nil) }
            if let servers { return (servers, servers.mongo) }
            return (nil, try await CannedMongo.start())
        } catch {
            throw UnusableError(description: "cannot start the embedded servers: \(error)")
        }
    }

    private func readAddresses(_ servers: EmbeddedServers?) throws(UnusableError) -> [FeedAddress] {
        if let servers, let embedded { return servers.addresses(embedded) }
        do throws(FeedList.Fault) {
            return try FeedList.read(list ?? "")
        } catch {
            throw UnusableError(description: error.description)
        }
    }

    private func sides(
        _ servers: EmbeddedServers?,
        _ database: DatabaseAddress,
        _ recorder: PoolRecorder
    ) throws -> (any FeedDialer, any LinkStore) {
        // Where the system does not ask our name server, each side has to be told of the slow names.
        let outside = Sandbox.isInside ? nil : servers
        if foul {
            let stock = StockBootstrap(slow: outside?.names)
            let store = StockStore(
                stock,
                host: database.host,
                port: database.port,
                maximumSize: database.poolSize,
                recorder: recorder
            )
            return (StockFeedDialer(stock), store)
        }
        let dialer = outside?.dialer ?? Dialer.shared
        do {
            let store = try MongoStore(database.uri, dialer: dialer, recorder: recorder)
            for warning in store.warnings { Streams.complain("feeds: --mongo: \(warning)") }
            return (FairFeedDialer(dialer), store)
        } catch {
            throw UnusableError(description: "--mongo: \(error)")
        }
    }

    private func write(_ result: StoryResult, beside other: StoryChart.Side?, feeds: Int) throws {
        let own = StoryChart.Side(result)
        if let samples { try JSONEncoder().encode(own).write(to: URL(fileURLWithPath: samples)) }
        guard let chart else { return }
        let links = embedded.map { $0 * FeedText.linksPerFeed } ?? result.linksFound
        let drawn = StoryChart(
            sides: (other.map { [$0] } ?? []) + [own],
            feeds: feeds,
            links: links,
            delay: embedded == nil ? nil : delay?.duration ?? .seconds(1)
        )
        try Data(drawn.svg.utf8).write(to: URL(fileURLWithPath: chart))
    }

    private static func side(in file: String) throws -> StoryChart.Side {
        do {
            return try JSONDecoder().decode(StoryChart.Side.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw UnusableError(description: "--beside: \(file) has no side of a picture")
        }
    }
}
