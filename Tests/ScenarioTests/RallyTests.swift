// SPDX-License-Identifier: Apache-2.0

import Testing

/// The embedded rally, as a test: three sides, one contract, and the fair side's work all done.
@Suite struct RallyTests {
    /// A side's object; that it decodes says that the contract's members are there.
    struct Side: Decodable {
        struct Feeds: Decodable {
            enum CodingKeys: String, CodingKey {
                case ok, failed
                case last = "last_s"
            }

            var ok: Int
            var failed: Int
            /// `nil` where none was done before the side was cut short.
            var last: Double?
        }

        enum CodingKeys: String, CodingKey {
            case side, driver, drivers, feeds, threads, names
            case memory = "rss_mb"
        }

        var side: String
        var driver: DialObject
        var drivers: [DialObject]
        var feeds: Feeds
        var threads: Int
        var memory: Int
        var names: String
    }

    private static let hosts = ["127.0.0.1", "::1", "localhost", "db.fast.test"]

    @Test(.enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
    func `the fair side does all its work at a DNS server of the rally's own`() async throws {
        let fair = try await fairSide(of: ["rally", "--feeds", "30", "--delay", "0.2", "--json"], names: "getaddrinfo")
        #expect(fair.drivers.map(\.source) == ["numeric", "numeric", "hosts", "dns"])
    }

    @Test func `the fair side does all its work behind the resolver seam`() async throws {
        let fair = try await fairSide(
            of: ["rally", "--seam", "--feeds", "30", "--delay", "0.2", "--json"],
            names: "seam"
        )
        #expect(fair.drivers.prefix(3).map(\.source) == ["numeric", "numeric", "hosts"])
    }

    private func fairSide(of arguments: [String], names: String) async throws -> Side {
        let outcome = try await Tool.run(arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let sides = try outcome.objects(of: Side.self)
        #expect(sides.map(\.side) == ["stock-nio", "early-timer", "fair"])
        for side in sides {
            #expect(side.drivers.map(\.host) == Self.hosts)
            #expect(side.driver.host == Self.hosts[0])
            #expect(side.names == names)
            #expect(side.threads > 0)
            #expect(side.memory > 0)
        }
        let fair = try #require(sides.last)
        #expect(fair.drivers.map(\.ok) == [true, true, true, true])
        #expect(fair.drivers.prefix(3).map(\.queue) == [0, 0, 0])
        #expect(fair.feeds.ok == 30)
        #expect(fair.feeds.failed == 0)
        #expect(fair.feeds.last != nil)
        return fair
    }
}
