// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation
import GetAddrInfo
import NameResolution

/// Questions on standard input, answers on standard output, one line each, in order, as a stream. A blank line is
/// skipped and gets no answer.
///
/// An answer is written before the next wait, be it for more input or for a lookup, so that it never stays behind its
/// question.
struct BatchResolution {
    let numericOnly: Bool

    /// - Returns: whether every line that is not blank was a question.
    func run() -> Bool {
        // Waits once until nsswitch.conf, the services file and the interfaces are read. Otherwise the first questions
        // that depend on them would go to the C library.
        let facts = LocalFacts.system(refreshed: true)
        var lines = BatchLines()
        defer { lines.close() }
        var answers = BatchAnswers()
        var number = 0
        var isEveryLineGood = true
        func refuse(_ reason: String) {
            // The line still gets an answer, so that the answers after it stay beside their questions. Only a blank
            // line gets none.
            isEveryLineGood = false
            answers.add(error: nil, source: "unreadable", infos: [])
            StandardStreams.complain("fairdial: line \(number) is not a question: \(reason)")
        }
        while true {
            while let line = lines.next() {
                number += 1
                if line.allSatisfy(Self.isSpace) { continue }
                do {
                    try answer(BatchQuestion(plain: line) ?? BatchQuestion(any: line), facts, to: &answers)
                } catch {
                    refuse(Self.reason(for: error))
                }
            }
            if lines.dropsLine() {
                number += 1
                refuse("it is longer than \(BatchLines.longestLine) bytes")
            }
            answers.flush()
            switch lines.read() {
            case .more: continue
            case .end where lines.hasUnread: continue
            case .end: return isEveryLineGood
            case .failed(let errno):
                StandardStreams.complain("fairdial: cannot read the questions: \(String(cString: strerror(errno)))")
                return false
            }
        }
    }

    private func answer(_ question: BatchQuestion, _ facts: LocalFacts, to answers: inout BatchAnswers) {
        let answer = question.host.withBytes { host in
            question.service.withBytes { service in
                AddressInfoQuestion.numericAnswer(host: host, service: service, hints: question.hints, knowing: facts)
            }
        }
        switch answer {
        case .answered(let infos): answers.add(error: 0, source: "numeric", infos: infos)
        case .failed(let error): answers.add(error: error.code, source: "numeric", infos: [])
        // The default strictness, `.system`, refuses nothing.
        case .refused: preconditionFailure("only a strict reading refuses")
        case .needsLookup where numericOnly: answers.add(error: nil, source: "needs-lookup", infos: [])
        case .needsLookup:
            answers.flush()
            let called = question.host.withBytes { host in
                question.service.withBytes {
                    AddressInfoCall.getaddrinfo(host: host, service: $0, hints: question.hints)
                }
            }
            switch called {
            case .success(let infos): answers.add(error: 0, source: "system", infos: infos)
            case .failure(let error): answers.add(error: error.code, source: "system", infos: [])
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || 0x09...0x0D ~= byte
    }

    private static func reason(for error: any Error) -> String {
        guard case .dataCorrupted(let context)? = error as? DecodingError else {
            if case .typeMismatch(_, let context)? = error as? DecodingError {
                let member = context.codingPath.map(\.stringValue).joined(separator: ".")
                return "\(member) is of the wrong kind"
            }
            return "\(error)"
        }
        return context.debugDescription
    }
}
