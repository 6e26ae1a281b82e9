// SPDX-License-Identifier: Apache-2.0

import Foundation
import GetAddrInfo
import IPAddresses
import SystemResolution

/// Stands in for `getaddrinfo`: each call blocks its thread until the test lets it go.
///
/// Waits have an end, so that a broken resolver fails its test and does not hang it.
final class HeldCalls: @unchecked Sendable {
    typealias Answer = Result<AddressInfoList, AddressInfoError>

    /// One call that was made.
    struct Call: Hashable, Sendable {
        let name: String
        let families: AddressFamilies
    }

    private static let patience = TimeInterval(30)

    private let condition = NSCondition()
    private var inside: [Call: Int] = [:]
    private var answers: [Call: Answer] = [:]
    private var answerForAll: Answer?
    private var made: [Call] = []

    /// Every call so far, in the order in which they began.
    var calls: [Call] {
        condition.withLock { made }
    }

    /// The call itself: blocks until its answer has been given.
    @Sendable func call(_ name: String, _ families: AddressFamilies) -> Answer {
        condition.withLock {
            let call = Call(name: name, families: families)
            made.append(call)
            inside[call, default: 0] += 1
            condition.broadcast()
            defer {
                inside[call, default: 1] -= 1
                condition.broadcast()
            }
            let end = Date(timeIntervalSinceNow: Self.patience)
            while true {
                if let answer = answers[call] ?? answerForAll { return answer }
                guard condition.wait(until: end) else { return .failure(.system(ETIMEDOUT)) }
            }
        }
    }

    /// Lets this question's calls go, those to come too.
    func release(_ name: String, _ families: AddressFamilies = .both, with answer: Answer) {
        condition.withLock {
            answers[Call(name: name, families: families)] = answer
            condition.broadcast()
        }
    }

    /// Lets every call go.
    func releaseAll(with answer: Answer) {
        condition.withLock {
            answerForAll = answer
            condition.broadcast()
        }
    }

    /// Returns once this many calls are inside at once; blocks the thread.
    func isReached(inside count: Int) -> Bool {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: Self.patience)
            while inside.values.reduce(0, +) != count {
                guard condition.wait(until: end) else { return false }
            }
            return true
        }
    }
}
