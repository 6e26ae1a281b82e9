// SPDX-License-Identifier: Apache-2.0

/// What a dial wants done, in order. `finish` is the last.
@available(FairDial 0.1, *)
enum DialAction: Sendable {
    /// Begin this lookup, and report its events.
    ///
    /// What to look up is `Dial.request`, and not repeated here: actions are passed around, and it is large.
    case lookUp(LookupID)
    /// The answer is not wanted any more.
    case cancelLookup(LookupID)
    /// Have everything read that has come by now, for the timeout ended `lateness` ago; then say which lookups are
    /// reading (`isCatchingUp`), or, where there is a channel, `caughtUp`.
    case catchUp
    /// The first attempt starts now: tell the caller (`DialOptions.onStart`).
    case tellStart
    /// One family is silent: tell the caller what there is of the answer by now.
    case tellEarlyAnswer
    /// The dial has something to dial: ask its owner whether it may (`DialOptions.admission`); report `admitted`.
    case askForAdmission
    /// Open a socket and connect it; report how that goes.
    case open(Destination)
    /// Close this attempt's socket.
    case close(Destination)
    /// Make a channel of this attempt's socket, once.
    case handOver(Destination)
    /// Close the channel, or the socket on its way to become one.
    case closeWinner
    /// The dial is over, with its report.
    ///
    /// Kept out of line: it is large and comes once, and actions are passed around.
    indirect case finish(Ending)

    /// Whether it may be carried out on the dial's event loop alone.
    var needsLoop: Bool {
        switch self {
        case .tellStart, .tellEarlyAnswer, .askForAdmission, .catchUp, .handOver, .closeWinner, .finish: true
        case .lookUp, .cancelLookup, .open, .close: false
        }
    }

    /// How a dial ended.
    enum Ending: Sendable {
        case connected(Destination, DialReport)
        case answered(DialReport)
        case failed(DialError)

        var report: DialReport {
            switch self {
            case .connected(_, let report), .answered(let report): report
            case .failed(let error): error.report
            }
        }
    }
}
