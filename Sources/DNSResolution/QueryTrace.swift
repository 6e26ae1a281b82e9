// SPDX-License-Identifier: Apache-2.0

public import DNSMessages

/// One thing that happened on the way to an answer, for those who want to see every step.
public struct QueryTrace: Hashable, Sendable {
    /// What happened.
    @nonexhaustive
    public enum Event: Hashable, Sendable {
        /// A query went out: over which transport, to whom, in how many bytes.
        case sent(Question, NameServer, isStream: Bool, identifier: UInt16, bytes: Int)
        /// An answer that was waited for came: the code, the records of the answer section, and how long it took.
        case received(Question, NameServer, isStream: Bool, ResponseCode, answers: Int, bytes: Int, after: Duration)
        /// Something came that answers nothing, or not well enough to be believed.
        case ignored(NameServer?, reason: String)
        /// A try has come to nothing; the reason.
        case failed(Question, reason: String)
        /// A decision: another server, a stream, a simpler query, the next name of the search list …
        case decided(String)
    }

    /// When, since the resolver was made.
    public let time: Duration

    /// What happened.
    public let event: Event

    init(_ event: Event, at time: Duration) {
        self.time = time
        self.event = event
    }
}
