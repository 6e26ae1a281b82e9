// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// One thing that happened on the way to an answer, for those who want to see every step.
@available(FairDial 0.1, *)
package struct QueryTrace: Hashable, Sendable {
    /// What happened.
    @nonexhaustive
    package enum Event: Hashable, Sendable {
        /// A query went out: over which transport, to whom, in how many bytes.
        case sent(Question, NameServer, isStream: Bool, identifier: UInt16, bytes: Int)
        /// An answer that was waited for came: the code, the records of the answer section, and how long it took.
        case received(Question, NameServer, isStream: Bool, ResponseCode, answers: Int, bytes: Int, after: Duration)
        /// Something came that answers nothing, or not well enough to be believed.
        case ignored(NameServer?, reason: String)
        /// A try has failed; the reason.
        case failed(Question, reason: String)
        /// A decision: another server, a stream, a simpler query, the next name of the search list …
        case decided(String)
    }

    /// When, since the resolver was made.
    package let time: Duration

    /// What happened.
    package let event: Event

    init(_ event: Event, at time: Duration) {
        self.time = time
        self.event = event
    }
}

@available(FairDial 0.1, *)
extension QueryTrace: CustomStringConvertible {
    /// One line: when, in milliseconds, and what.
    package var description: String {
        let tenths = Int((time / .microseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) ms  \(event)"
    }
}

@available(FairDial 0.1, *)
extension QueryTrace.Event: CustomStringConvertible {
    /// One line for a person.
    package var description: String {
        switch self {
        case .sent(let question, let server, let isStream, let identifier, let bytes):
            "→ \(server)\(isStream ? " over a stream" : "")  \(question)  id \(identifier), \(bytes) bytes"
        case .received(let question, let server, let isStream, let code, let answers, let bytes, let time):
            "← \(server)\(isStream ? " over a stream" : "")  \(question)  \(code), \(answers) answers, \(bytes) bytes, "
                + "after \((time / .milliseconds(1) * 100).rounded() / 100) ms"
        case .ignored(let server, let reason): "✗ \(server.map { "\($0)" } ?? "an unknown sender"): ignored, \(reason)"
        case .failed(let question, let reason): "✗ \(question): \(reason)"
        case .decided(let what): "· \(what)"
        }
    }
}
