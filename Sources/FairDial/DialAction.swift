// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing

/// What a dial wants done, in order. `finish` is the last.
enum DialAction: Sendable {
    /// Look the question's name up, and report its events.
    ///
    /// What to look up is not repeated here: actions are passed around, and it is large.
    case lookUp
    /// The answer is not wanted any more.
    case leaveLookup
    /// Have everything read that has come by now, for the time is up, and has been for `lateness`; then say `caughtUp`.
    case catchUp
    /// The first attempt starts now: tell whoever has a stopwatch of its own.
    case reachStartingLine
    /// Open a socket and connect it; report how that goes.
    case open(Destination)
    /// Close this attempt's socket.
    case close(Destination)
    /// Make a channel of this attempt's socket, once.
    case handOver(Destination)
    /// Close the channel, or the socket on its way to become one.
    case closeWinner
    /// The dial is over, with its splits.
    ///
    /// Kept out of line: it is large and comes once, and actions are passed around.
    indirect case finish(Ending)

    /// Whether it may be carried out on the dial's event loop alone.
    var needsLoop: Bool {
        switch self {
        case .reachStartingLine, .catchUp, .handOver, .closeWinner, .finish: true
        case .lookUp, .leaveLookup, .open, .close: false
        }
    }

    /// How a dial ended.
    enum Ending: Sendable {
        case connected(Destination, Splits)
        case answered(Splits)
        case failed(DialError)

        var splits: Splits {
            switch self {
            case .connected(_, let splits), .answered(let splits): splits
            case .failed(let error): error.splits
            }
        }
    }
}
