// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// Why one try of one server failed.
@available(FairDial 0.1, *)
package struct QueryFailure: Hashable, Sendable {
    /// What happened.
    package enum Cause: Hashable, Sendable {
        /// No answer within the time it was given.
        case silent(Duration)
        /// The server said so.
        case code(ResponseCode)
        /// The answer could not be read.
        case malformed(MessageError)
        /// The answer has less than it announces.
        case unusable
        /// The answer's aliases go round in a circle, or there are too many.
        case endlessAliases
        /// More datagrams have come than anything that was sent could bring.
        case flooded
        /// The network said so: a refused connection, no route …
        case network(String)
    }

    /// Who was asked.
    package let server: NameServer
    /// Whether over a stream.
    package let isStream: Bool
    /// What happened.
    package let cause: Cause
}

@available(FairDial 0.1, *)
extension QueryFailure: CustomStringConvertible {
    /// `10.0.0.53: SERVFAIL`, `10.0.0.53 over TCP: connection refused`.
    package var description: String {
        let what =
            switch cause {
            case .silent(let time): "no answer within \(Self.readable(time))"
            case .code(let code): "\(code)"
            case .malformed(let error): "its answer cannot be read: \(error)"
            case .unusable: "its answer lacks records that it announces"
            case .endlessAliases: "its aliases have no end"
            case .flooded: "too many datagrams that match no query"
            case .network(let reason): reason
            }
        return "\(server)\(isStream ? " over a stream" : ""): \(what)"
    }

    private static func readable(_ time: Duration) -> String {
        let milliseconds = Int((time / .milliseconds(1)).rounded())
        return milliseconds < 1_000 ? "\(milliseconds) ms" : "\(Double(milliseconds / 100) / 10) s"
    }
}
