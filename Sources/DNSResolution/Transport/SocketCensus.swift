// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// How many sockets all of this process's resolvers have open: a quarter of the descriptors is for them together, and
/// not for each (`SocketAllowance`).
///
/// When a network flaps, several resolvers exist side by side, each until its lookups have ended.
@available(FairDial 0.1, *)
package final class SocketCensus: Sendable {
    static let process = SocketCensus()

    private let total = NIOLockedValueBox(0)

    /// No sockets yet.
    package init() {}

    /// A resolver that has no sockets yet.
    func enter() -> Entry { Entry(self) }

    /// One resolver's sockets. What it has when it goes is open no more.
    final class Entry: Sendable {
        private let census: SocketCensus
        private let own = NIOLockedValueBox(0)

        fileprivate init(_ census: SocketCensus) {
            self.census = census
        }

        deinit {
            let own = own.withLockedValue { $0 }
            if own != 0 { census.total.withLockedValue { $0 -= own } }
        }

        /// A socket has been opened, or some have been closed.
        func change(by difference: Int) {
            own.withLockedValue { $0 += difference }
            census.total.withLockedValue { $0 += difference }
        }

        /// How many the other resolvers have.
        private var elsewhere: Int {
            let own = own.withLockedValue { $0 }
            return max(0, census.total.withLockedValue { $0 } - own)
        }

        /// How many descriptors this resolver may use, out of `wanted`.
        ///
        /// What others have open is theirs: all together may have a quarter of what is free or theirs, so three of four
        /// of their sockets' descriptors are not to be shared out again.
        ///
        /// - Parameter countFree: counts what is free, and no more than it is asked for.
        func share(of wanted: Int, _ countFree: (Int) -> Int) -> Int {
            let theirs = elsewhere * (SocketAllowance.share - 1)
            return max(0, countFree(wanted + theirs) - theirs)
        }
    }
}
