// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DNSMessages
import DNSResolution
import FairDial
import FairDialConsole
import Foundation
import IPAddresses
import NameResolution

/// `fairdial resolve --type`: the records that a name has of one type.
struct RecordLookup {
    let host: String
    let type: RecordType
    let resolver: any AddressResolver

    /// Looks them up, and prints them; ends the command with status 1 where there are none.
    func run(json: Bool, within timeout: Duration) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let result = await answer(within: timeout)
        let took = start.duration(to: clock.now)
        if json {
            StandardStreams.say(Self.object(host, type, result, took).rendered)
        } else {
            for line in lines(result, took) { StandardStreams.say(line) }
        }
        if case .failure = result { throw ExitCode(1) }
    }

    private func answer(within timeout: Duration) async -> Result<RecordAnswer, Failure> {
        if let misreading = Target.misreading(of: host) {
            return .failure(Failure(code: "invalidTarget", message: misreading))
        }
        do {
            let question = Question(name: try InternationalName.domainName(host), type: type)
            let tooLate = Failure(code: "lookupTimeout", message: "not answered within \(timeout)")
            let (results, result) = AsyncStream.makeStream(of: Result<RecordAnswer, Failure>.self)
            let lookup = resolver.lookUpRecords(question, for: FairnessKey(for: host)) { event in
                guard case .ended(let answer) = event else { return }
                result.yield(answer.mapError { Failure(code: Self.code(of: $0).rawValue, message: $0.message) })
            }
            let timer = Task {
                try? await Task.sleep(for: timeout)
                result.yield(.failure(tooLate))
            }
            defer {
                timer.cancel()
                _ = lookup.cancel()
            }
            // The first counts.
            for await first in results { return first }
            return .failure(tooLate)
        } catch {
            return .failure(Failure(code: "invalidTarget", message: "\(error)"))
        }
    }

    private struct Failure: Error {
        let code: String
        let message: String
    }

    private static func code(of error: ResolutionError) -> DialError.Code {
        switch error.kind {
        case .nameNotFound: .nameNotFound
        case .invalidName: .invalidTarget
        case .queueFull: .queueFull
        case .noDescriptor: .outOfDescriptors
        case .noThread: .outOfThreads
        default: .temporaryNameFailure
        }
    }

    private static func object(
        _ host: String,
        _ type: RecordType,
        _ result: Result<RecordAnswer, Failure>,
        _ took: Duration
    ) -> JSONLine {
        var members: [(String, JSONLine)] = [("host", .text(host)), ("type", .text("\(type)"))]
        switch result {
        case .success(let answer):
            let records = answer.records.map { record in
                JSONLine.object([
                    ("name", .text("\(record.name)")), ("type", .text("\(record.type)")),
                    ("ttl", .integer(Int(record.timeToLive))), ("data", .text("\(record.data)")),
                ])
            }
            members += [
                ("ok", .bool(true)), ("source", .text("dns")),
                ("server", .optional(answer.server.map { "\(NameServer($0))" })), ("lookup_s", .seconds(took)),
                ("records", .list(records)), ("error", .null),
            ]
        case .failure(let failure):
            let error = JSONLine.object([("code", .text(failure.code)), ("message", .text(failure.message))])
            members += [
                ("ok", .bool(false)), ("source", .null), ("server", .null), ("lookup_s", .seconds(took)),
                ("records", .list([])), ("error", error),
            ]
        }
        return .object(members)
    }

    private func lines(_ result: Result<RecordAnswer, Failure>, _ took: Duration) -> [String] {
        let host = host.printable
        switch result {
        case .failure(let failure): return ["\(host) \(type)  \(Ink.bad(failure.code))  \(failure.message.printable)"]
        case .success(let answer):
            let server = answer.server.map { " (\(NameServer($0)))".printable } ?? ""
            let milliseconds = (took / .milliseconds(1) * 100).rounded() / 100
            return ["\(host) \(type)  \(Ink.good("resolved"))  by dns\(server)  lookup \(milliseconds) ms"]
                + answer.records.map { "  \($0)".printable }
        }
    }
}
