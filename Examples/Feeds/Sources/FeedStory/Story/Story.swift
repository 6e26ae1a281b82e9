// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The story: all feeds at once, and every link into the database as it is found, through a pool that grows.
package struct Story: Sendable {
    /// How far it has come, for a reader at a terminal.
    package struct Progress: Sendable {
        package var feeds = 0
        package var found = 0
        package var stored = 0
    }

    /// The database's first word comes when the lookups are under way.
    private static let headStart = Duration.milliseconds(100)
    private static let mostReports = 5
    /// Kinds of errors that are told apart.
    private static let mostErrors = 20

    private struct Tally: Sendable {
        var progress = Progress()
        var feedsOK = 0
        var slowest: [StoryResult.SlowDial] = []
        var errors: [String: StoryResult.Failure] = [:]
    }

    private let side: StorySide
    private let fetcher: FeedFetcher
    private let store: any LinkStore
    private let tally = NIOLockedValueBox(Tally())

    package init(side: StorySide, dialer: any FeedDialer, store: any LinkStore, limits: FetchLimits = FetchLimits()) {
        self.side = side
        self.store = store
        fetcher = FeedFetcher(dialer, limits: limits)
    }

    package var progress: Progress { tally.withLockedValue { $0.progress } }

    /// Runs to the end. What fails is counted, and told.
    package func run(_ feeds: [FeedAddress]) async -> StoryResult {
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
            for feed in feeds { group.addTask { await read(feed) } }
            group.addTask {
                // A cancelled run goes on to its end.
                try? await Task.sleep(for: Self.headStart)
                do { try await store.greet() } catch { note(error, of: "the database's first answer") }
            }
        }
        let tally = tally.withLockedValue { $0 }
        var result = StoryResult(side: side)
        result.total = start.duration(to: clock.now)
        result.feedsOK = tally.feedsOK
        result.feedsFailed = feeds.count - tally.feedsOK
        result.linksFound = tally.progress.found
        result.linksStored = tally.progress.stored
        result.slowest = tally.slowest
        result.errors = tally.errors
        return result
    }

    /// Stores so many links with nothing else to do: what the inserts alone take.
    package func storeAlone(feeds: Int, linksEach: Int) async -> StoryResult {
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
            for feed in 0..<feeds {
                group.addTask {
                    let links = (0..<linksEach).map { number in
                        FeedLink(
                            feed: "http://feed-\(feed).example/feed",
                            url: "https://feed-\(feed).example/news/\(number)",
                            title: "News \(number) of feed \(feed)"
                        )
                    }
                    await keep(links)
                }
            }
        }
        let tally = tally.withLockedValue { $0 }
        var result = StoryResult(side: side)
        result.total = start.duration(to: clock.now)
        result.linksFound = tally.progress.found
        result.linksStored = tally.progress.stored
        result.errors = tally.errors
        return result
    }

    private func read(_ feed: FeedAddress) async {
        let outcome = await fetcher.fetch(feed)
        note(outcome, of: feed)
        do {
            let data = Data(try outcome.body.get().readableBytesView)
            // On threads for such work: among the tasks, 500 of these would keep the database's answers waiting.
            let links = try await NIOThreadPool.singleton.runIfActive {
                try FeedParser.links(in: data, from: outcome.address)
            }
            tally.withLockedValue { $0.feedsOK += 1 }
            await keep(links)
        } catch {
            note(error, of: "feeds")
        }
    }

    /// One after the other, as a plain script does; after the first that fails the rest of this feed's are lost.
    private func keep(_ links: [FeedLink]) async {
        tally.withLockedValue { $0.progress.found += links.count }
        do {
            for link in links {
                try await store.store(link)
                tally.withLockedValue { $0.progress.stored += 1 }
            }
        } catch {
            note(error, of: "links")
        }
    }

    private func note(_ outcome: FeedFetcher.Outcome, of feed: FeedAddress) {
        tally.withLockedValue { tally in
            tally.progress.feeds += 1
            let slowest = tally.slowest.last?.took ?? .zero
            guard tally.slowest.count < Self.mostReports || outcome.dialed > slowest else { return }
            let dial = StoryResult.SlowDial(feed: feed.description, took: outcome.dialed, report: outcome.report)
            let place = tally.slowest.firstIndex { $0.took < dial.took } ?? tally.slowest.endIndex
            tally.slowest.insert(dial, at: place)
            if tally.slowest.count > Self.mostReports { tally.slowest.removeLast() }
        }
    }

    private func note(_ error: any Error, of what: String) {
        let words = "\(what): \(ErrorWords.kind(of: error))"
        tally.withLockedValue { tally in
            let isNew = tally.errors[words] == nil
            let key = isNew && tally.errors.count >= Self.mostErrors ? "others" : words
            tally.errors[key, default: StoryResult.Failure(count: 0, example: "\(error)")].count += 1
        }
    }
}
