// SPDX-License-Identifier: Apache-2.0

@testable import FairDial

extension DialAction {
    /// The action in words, so that a test can state a whole list of them.
    var words: String {
        switch self {
        case .lookUp(.first): "look up"
        case .lookUp(let id): "look up \(id.number)"
        case .cancelLookup(.first): "leave the lookup"
        case .cancelLookup(let id): "leave lookup \(id.number)"
        case .catchUp: "catch up"
        case .tellStart: "starting line"
        case .tellEarlyAnswer: "early answer"
        case .askForAdmission: "ask for admission"
        case .open(let destination): "open \(destination)"
        case .close(let destination): "close \(destination)"
        case .handOver(let destination): "hand over \(destination)"
        case .closeWinner: "close the winner"
        case .finish(.connected(let destination, _)): "connected to \(destination)"
        case .finish(.answered): "answered"
        case .finish(.failed(let error)): "failed: \(error.code)"
        }
    }
}

extension BidirectionalCollection<DialAction> {
    var words: [String] { map(\.words) }

    /// The report that the last action reports, if the dial has ended.
    var report: DialReport? {
        switch last {
        case .finish(.connected(_, let report)), .finish(.answered(let report)): report
        case .finish(.failed(let error)): error.report
        default: nil
        }
    }

    /// The error that the last action reports, if there is one.
    var error: DialError? {
        if case .finish(.failed(let error)) = last { error } else { nil }
    }
}
