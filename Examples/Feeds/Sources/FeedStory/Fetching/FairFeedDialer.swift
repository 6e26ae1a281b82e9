// SPDX-License-Identifier: Apache-2.0

package import FairDial
import FairDialTLS

/// The fair side: FairDial, with its defaults.
package struct FairFeedDialer: FeedDialer {
    /// Reading the system's authorities takes a while: only where TLS is wanted, and once.
    private static let tls = Result { try ClientTLS() }

    private let dialer: Dialer

    package init(_ dialer: Dialer) {
        self.dialer = dialer
    }

    package func dial(_ address: FeedAddress) async -> FeedDial {
        var options = DialOptions()
        // The feeds are one party, and the database is another: neither waits for the other's names.
        options.label = "feeds"
        do {
            let target = try Target(host: address.host, port: address.port)
            let connection =
                address.isSecure
                ? try await dialer.connectTLS(to: target, using: Self.tls.get(), options: options)
                : try await dialer.connect(to: target, options: options)
            return FeedDial(.success(connection.channel), report: "\(connection.report)")
        } catch {
            return FeedDial(.failure(error), report: (error as? DialError).map { "\($0.report)" })
        }
    }
}
