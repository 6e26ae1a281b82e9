// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// From an address to the feed's bytes: a dial, a request, and the same again for each redirect.
package struct FeedFetcher: Sendable {
    /// What came of one feed, and what its slowest dial took.
    package struct Outcome: Sendable {
        package var body: Result<ByteBuffer, any Error>
        /// The address that the feed came from in the end.
        package var address: FeedAddress
        package var dialed: Duration = .zero
        package var report: String?
    }

    private let dialer: any FeedDialer
    private let limits: FetchLimits

    package init(_ dialer: any FeedDialer, limits: FetchLimits = FetchLimits()) {
        self.dialer = dialer
        self.limits = limits
    }

    package func fetch(_ address: FeedAddress) async -> Outcome {
        let clock = ContinuousClock()
        var outcome = Outcome(body: .failure(FetchError.endedEarly), address: address)
        do {
            for _ in 0...limits.redirects {
                let start = clock.now
                let dial = await dialer.dial(outcome.address)
                let took = start.duration(to: clock.now)
                if took > outcome.dialed {
                    outcome.dialed = took
                    outcome.report = dial.report
                }
                let channel = try dial.channel.get()
                switch try await FeedExchange.run(outcome.address, over: channel, limits: limits).get() {
                case .body(let body):
                    outcome.body = .success(body)
                    return outcome
                case .redirect(let location):
                    guard let next = outcome.address.redirected(to: location) else {
                        throw FetchError.redirect("no address")
                    }
                    outcome.address = next
                }
            }
            throw FetchError.redirect("more than \(limits.redirects)")
        } catch {
            outcome.body = .failure(error)
        }
        return outcome
    }
}
