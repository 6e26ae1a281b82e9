// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialConsole
import Foundation
import IPAddresses

/// Dials of many names at once, behind the one that is measured.
struct BackgroundDials: Sendable {
    /// How they ended.
    struct Report: Sendable {
        var connected = 0
        var failed: [String: Int] = [:]
        var last: Duration = .zero

        /// The contract's object.
        var json: JSONLine {
            .object([
                ("connected", .integer(connected)),
                ("failed", .object(failed.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
                ("last_s", .seconds(last)),
            ])
        }

        /// The same for a person.
        var sentence: String {
            let failures = failed.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            return (["\(connected) connected"] + failures).joined(separator: ", ") + ", the last after \(last.readable)"
        }
    }

    let names: [String]
    let port: Int
    let dialer: Dialer
    let options: DialOptions

    /// Dials in flight at a time: each holds some kilobytes, and other programs need memory too.
    static let concurrentAttemptLimit = 10_000

    /// Starts them, as many at a time as may be, and waits for all.
    func run() async -> Report {
        let clock = ContinuousClock()
        let start = clock.now
        return await withTaskGroup(of: DialError.Code?.self) { group in
            var report = Report()
            func note(_ failure: DialError.Code?) {
                if let failure {
                    report.failed[failure.rawValue, default: 0] += 1
                } else {
                    report.connected += 1
                }
                report.last = start.duration(to: clock.now)
            }
            for (index, name) in names.enumerated() {
                if index >= Self.concurrentAttemptLimit, let ended = await group.next() { note(ended) }
                group.addTask {
                    do throws(DialError) {
                        let target = try Target(host: name, port: port)
                        let socket = try await dialer.connectSocket(to: target, options: options)
                        close(socket.take())
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            for await failure in group { note(failure) }
            return report
        }
    }
}
