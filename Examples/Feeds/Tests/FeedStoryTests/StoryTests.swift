// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialTestKit
import FeedStory
import NIOCore
import NIOPosix
import Testing

/// The whole story in this process: slow names, feeds, a database, and both sides.
@Suite(.timeLimit(.minutes(3)))
struct StoryTests {
    @Test func `the fair side reads all feeds behind slow names and stores all links`() async throws {
        let servers = try await EmbeddedServers.start(delay: .milliseconds(200), isSystems: false)
        let recorder = PoolRecorder()
        let store = try Sides.fairStore(servers, recorder)
        let story = Story(side: .fair, dialer: FairFeedDialer(servers.dialer), store: store)
        let result = await story.run(servers.addresses(20))
        #expect(result.feedsOK == 20)
        #expect(result.linksFound == 200)
        #expect(result.linksStored == 200)
        #expect(result.errors.isEmpty)
        #expect(servers.mongo.inserted == ["story.links": 200])
        // Each name was asked for once in each family, and its dial says that it took as long as that.
        #expect(servers.nameServer.queryCount == 40)
        #expect(result.slowest.count == 5)
        #expect(result.slowest.allSatisfy { $0.took >= .milliseconds(200) && $0.report?.contains("dns") == true })
        let pool = recorder.record
        #expect((1...20).contains(pool.made))
        #expect(pool.samples.map(\.size).max() == pool.made)
        await store.close()
        await servers.stop()
    }

    @Test func `the foul side fails as told: what stands in the queue for 5 s is lost`() async throws {
        // The third name's turn is over after 6 s, and the database's comes after that.
        let servers = try await EmbeddedServers.start(delay: .seconds(2), isSystems: false)
        let stock = StockBootstrap(slow: servers.names)
        let recorder = PoolRecorder()
        let store = StockStore(stock, host: "127.0.0.1", port: servers.mongo.port, maximumSize: 20, recorder: recorder)
        let result = await Story(side: .foul, dialer: StockFeedDialer(stock), store: store).run(servers.addresses(12))
        #expect((1...2).contains(result.feedsOK))
        #expect(result.feedsFailed == 12 - result.feedsOK)
        #expect(result.linksFound == 10 * result.feedsOK)
        #expect(result.linksStored == 0)
        #expect(servers.mongo.inserted == [:])
        #expect(result.errors["feeds: connect timeout (5 s)"]?.count == result.feedsFailed)
        #expect(result.errors["the database's first answer: connect timeout (5 s)"]?.count == 1)
        #expect(recorder.record.made == 0)
        await store.close()
        await servers.stop()
    }

    @Test func `the foul side works where nothing is slow`() async throws {
        let servers = try await EmbeddedServers.start(delay: .zero, isSystems: false)
        let stock = StockBootstrap(slow: servers.names)
        let recorder = PoolRecorder()
        let store = StockStore(stock, host: "127.0.0.1", port: servers.mongo.port, maximumSize: 3, recorder: recorder)
        let result = await Story(side: .foul, dialer: StockFeedDialer(stock), store: store).run(servers.addresses(20))
        #expect(result.feedsOK == 20)
        #expect(result.linksStored == 200)
        #expect(servers.mongo.inserted == ["story.links": 200])
        #expect((1...3).contains(recorder.record.made))
        await store.close()
        await servers.stop()
    }

    @Test func `redirects are followed, five at most`() async throws {
        let feeds = try await FeedServer.start(on: MultiThreadedEventLoopGroup.singleton)
        let fetcher = FeedFetcher(FairFeedDialer(.shared))
        func fetch(_ target: String) async -> FeedFetcher.Outcome {
            await fetcher.fetch(FeedAddress(host: "127.0.0.1", port: feeds.port, target: target))
        }
        let moved = await fetch("/moved/5")
        #expect(moved.address.target == "/feed")
        #expect(throws: Never.self) { try moved.body.get() }
        let lost = await fetch("/moved/6")
        #expect(throws: FetchError.redirect("more than 5")) { try lost.body.get() }
        let missing = await fetch("/nothing")
        #expect(throws: FetchError.status(404)) { try missing.body.get() }
        await feeds.stop()
    }

    @Test func `a body that is too long, and a server that says nothing, end with an error`() async throws {
        let feeds = try await FeedServer.start(on: MultiThreadedEventLoopGroup.singleton)
        var limits = FetchLimits()
        limits.bytes = 100
        let long = await FeedFetcher(FairFeedDialer(.shared), limits: limits).fetch(
            FeedAddress(host: "127.0.0.1", port: feeds.port, target: "/feed")
        )
        #expect(throws: FetchError.tooLong(100)) { try long.body.get() }
        await feeds.stop()

        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        limits.exchange = .milliseconds(50)
        let late = await FeedFetcher(FairFeedDialer(.shared), limits: limits).fetch(
            FeedAddress(host: "127.0.0.1", port: silent.localAddress?.port ?? 0, target: "/feed")
        )
        #expect(throws: FetchError.exchangeTimeout) { try late.body.get() }
        try await silent.close()
    }

    @Test func `https is dialed with TLS: a server without it is told so`() async throws {
        let feeds = try await FeedServer.start(on: MultiThreadedEventLoopGroup.singleton)
        let address = try #require(FeedAddress("https://127.0.0.1:\(feeds.port)/feed"))
        let outcome = await FeedFetcher(FairFeedDialer(.shared)).fetch(address)
        #expect { try outcome.body.get() } throws: { ($0 as? DialError)?.code == .handshakeFailed }
        #expect(outcome.report?.contains("connect") == true)
        await feeds.stop()
    }

    @Test func `a stock dialer refuses https, which it does not know`() async throws {
        let outcome = try await FeedFetcher(StockFeedDialer(StockBootstrap())).fetch(
            #require(FeedAddress("https://127.0.0.1/"))
        )
        #expect(throws: FetchError.noTLS) { try outcome.body.get() }
    }
}
