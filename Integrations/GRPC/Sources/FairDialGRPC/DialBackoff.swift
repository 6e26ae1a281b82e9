// SPDX-License-Identifier: Apache-2.0

import GRPCNIOTransportHTTP2Posix

/// gRPC's connection back-off, as its document has it: the first wait is exact, later ones grow and are jittered.
struct DialBackoff: Sendable {
    /// Whatever is asked for, in seconds: a year.
    private static let longest = 31_536_000.0

    let configuration: HTTP2ClientTransport.Config.Backoff

    /// How long to wait before the next dial.
    ///
    /// - Parameters:
    ///   - failures: how many there were in a row; none is no wait.
    ///   - random: from -1 to 1.
    /// - Returns: zero to a year, whatever is configured; a jitter outside of 0 … 1 counts as the nearer of them.
    func wait(after failures: Int, random: Double) -> Duration {
        guard failures > 0 else { return .zero }
        let limit = min(max(.zero, configuration.max) / .seconds(1), Self.longest)
        let first = min(max(.zero, configuration.initial) / .seconds(1), limit)
        guard failures > 1 else { return .seconds(first) }
        var wait = first
        // No more than this, so that nothing times it is nothing; what is no number does not grow.
        let multiplier = min(max(1, configuration.multiplier), Self.longest)
        // Where it grows at all, it is at its limit long before.
        for _ in 1..<min(failures, 100) { wait = min(wait * multiplier, limit) }
        // What is no number is no jitter.
        let jitter = min(max(0, configuration.jitter), 1)
        return .seconds(min(max(0, wait + wait * jitter * random), Self.longest))
    }
}
