// SPDX-License-Identifier: Apache-2.0

/// Why a feed that was dialed has not come.
package enum FetchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The server answers with this status, which is neither 200 nor a redirect.
    case status(Int)
    /// The body is longer than it may be.
    case tooLong(Int)
    /// The channel closed before the answer was whole.
    case endedEarly
    /// The answer was not whole in time.
    case exchangeTimeout
    /// A redirect leads nowhere, or is one too many.
    case redirect(String)
    /// A foul dialer knows no TLS.
    case noTLS

    package var description: String {
        switch self {
        case .status(let code): "status \(code)"
        case .tooLong(let limit): "longer than \(limit) bytes"
        case .endedEarly: "the server closed in mid-answer"
        case .exchangeTimeout: "no whole answer in time"
        case .redirect(let words): "redirect: \(words)"
        case .noTLS: "https: the stock side of this example speaks http alone"
        }
    }
}
