// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers

/// What all of this process's resolvers have of streams to each server: how many are open, and how many were in vain.
///
/// When a network flaps, or a program makes many resolvers, several exist side by side; a server sees their streams
/// together.
@available(FairDial 0.1, *)
package final class StreamLedger: Sendable {
    /// Streams to whom; over TLS they are counted apart, for a server's TCP says nothing of its TLS.
    private struct Line: Hashable, Sendable {
        let server: NameServer
        let isPrivate: Bool
    }

    private struct Pages: Sendable {
        var byLine: [Line: (page: Page, lastUse: UInt64)] = [:]
        var uses: UInt64 = 0
    }

    /// What is counted of one server's streams, shared by those who have an account of it.
    fileprivate final class Page: Sendable {
        let streams = NIOLockedValueBox(ServerStreams())
    }

    static let process = StreamLedger()

    /// Servers that are remembered; those with accounts keep their counts among themselves beyond that.
    private static let limit = 64

    private let pages = NIOLockedValueBox(Pages())

    /// No streams yet.
    package init() {}

    /// An account with each of these servers, for one resolver.
    ///
    /// - Parameters:
    ///   - isPrivate: whether its streams are TLS.
    ///   - start: when that resolver's time begins, in the time that all of the ledger's resolvers share.
    func accounts(with servers: [NameServer], isPrivate: Bool = false, from start: Duration = .zero) -> [Account] {
        pages.withLockedValue { pages in
            servers.map { server in
                let line = Line(server: server, isPrivate: isPrivate)
                return Account(Self.page(for: line, &pages), from: start)
            }
        }
    }

    private static func page(for line: Line, _ pages: inout Pages) -> Page {
        pages.uses += 1
        if let known = pages.byLine[line]?.page {
            pages.byLine[line] = (known, pages.uses)
            return known
        }
        if pages.byLine.count >= limit, let oldest = pages.byLine.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            pages.byLine[oldest.key] = nil
        }
        let page = Page()
        pages.byLine[line] = (page, pages.uses)
        return page
    }

    /// One resolver's streams to one server. What it has when it goes is open no more.
    package final class Account: Sendable {
        private let page: Page
        private let start: Duration
        private let own = NIOLockedValueBox(0)

        fileprivate init(_ page: Page, from start: Duration) {
            self.page = page
            self.start = start
        }

        deinit {
            let own = own.withLockedValue { $0 }
            if own != 0 { page.streams.withLockedValue { $0.open -= own } }
        }

        /// What keeps one more stream from being opened; `nil` for nothing.
        func obstacle(at now: Duration) -> ServerStreams.Obstacle? {
            let own = own.withLockedValue { $0 }
            return page.streams.withLockedValue { $0.obstacle(beside: own, at: start + now) }.map(inOwnTime)
        }

        /// Opens one more stream, if nothing keeps it.
        func open(at now: Duration) -> ServerStreams.Obstacle? {
            own.withLockedValue { own in
                let obstacle = page.streams.withLockedValue { $0.opening(beside: own, at: start + now) }
                if obstacle == nil { own += 1 }
                return obstacle.map(inOwnTime)
            }
        }

        /// A stream is over.
        ///
        /// - Parameter answers: how many questions it has settled.
        func ended(after answers: Int, at now: Duration) {
            own.withLockedValue { $0 -= 1 }
            page.streams.withLockedValue { $0.ended(after: answers, at: start + now) }
        }

        /// One has been closed, and that says nothing of the server.
        func closed() {
            own.withLockedValue { $0 -= 1 }
            page.streams.withLockedValue { $0.open -= 1 }
        }

        private func inOwnTime(_ obstacle: ServerStreams.Obstacle) -> ServerStreams.Obstacle {
            guard case .failures(let end) = obstacle else { return obstacle }
            return .failures(until: end - start)
        }
    }
}
