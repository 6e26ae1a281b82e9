// SPDX-License-Identifier: Apache-2.0

import Foundation
import GetAddrInfo

/// Questions on standard input, answers on standard output, one line each, in order, as a stream.
struct BatchResolution {
    /// One question as it is written; absent members are the C call's defaults.
    private struct Question: Decodable {
        var host: String?
        var service: String?
        var family: Int32?
        var socktype: Int32?
        var `protocol`: Int32?
        var flags: Int32?
    }

    let numericOnly: Bool

    /// - Returns: whether every line was a question.
    func run() -> Bool {
        var isEveryLineGood = true
        var number = 0
        let decoder = JSONDecoder()
        while let line = readLine() {
            number += 1
            if line.allSatisfy(\.isWhitespace) { continue }
            do {
                let question = try decoder.decode(Question.self, from: Data(line.utf8))
                StandardStreams.say(answer(to: question).rendered)
            } catch {
                // The line still gets an answer, so that the answers after it stay beside their questions.
                isEveryLineGood = false
                StandardStreams.say(Self.answer(error: nil, source: "unreadable", infos: []).rendered)
                StandardStreams.complain("fairdial: line \(number) is no question: \(Self.reason(for: error))")
            }
        }
        return isEveryLineGood
    }

    private func answer(to question: Question) -> JSONLine {
        let asked = AddressInfoQuestion(
            host: question.host,
            service: question.service,
            family: question.family ?? AF_UNSPEC,
            socketType: question.socktype ?? 0,
            protocolNumber: question.protocol ?? 0,
            flags: question.flags ?? 0
        )
        switch asked.numericAnswer() {
        case .answered(let infos): return Self.answer(error: 0, source: "numeric", infos: infos)
        case .failed(let error): return Self.answer(error: error.code, source: "numeric", infos: [])
        case .refused: preconditionFailure("only a strict reading refuses")
        case .needsLookup where numericOnly: return Self.answer(error: nil, source: "needs-lookup", infos: [])
        case .needsLookup:
            switch AddressInfoCall.getaddrinfo(asked) {
            case .success(let infos): return Self.answer(error: 0, source: "system", infos: infos)
            case .failure(let error): return Self.answer(error: error.code, source: "system", infos: [])
            }
        }
    }

    private static func answer(error: Int32?, source: String, infos: AddressInfoList) -> JSONLine {
        .object([
            ("error", error.map { .integer(Int($0)) } ?? .null),
            ("source", .text(source)),
            ("results", .list(
                    infos.enumerated().map { index, info in
                        AddressInfoLine.json(info, canonicalName: index == 0 ? infos.canonicalName : nil)
                    }
                )),
        ])
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
