// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation

/// The process of one side of `fairdial rally`, which compares three ways to dial the same hosts.
///
/// A *side* is one of the three ways; a *lap* is one side's whole run. The process is this same program, started with
/// `--side`. The parent ends it after `timeout` and always reaps it, and it ends when the parent does.
struct RallyChild {
    /// Why a side has no result.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// How long a side may take: the head start, the timeout, and room for the fair side's feeds.
    private static let timeout = Duration.seconds(60)

    let side: RallySide
    let course: RallyCourse

    func run() async throws -> RallyLap.Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["rally", "--side", side.rawValue] + course.arguments
        let output = Pipe()
        process.standardOutput = output
        let leash = Leash()
        leash.tie(process)
        process.environment = ProcessInfo.processInfo.environment.merging(SandboxEntrance.passForChildren) { $1 }
        try process.runWithoutMask()
        let clock = ContinuousClock()
        let start = clock.now
        let watchdog = Task {
            while !Task.isCancelled, start.duration(to: clock.now) < Self.timeout {
                Progress.show("\(side.title): \(Int(start.duration(to: clock.now) / .seconds(1))) s")
                try await Task.sleep(for: .milliseconds(200))
            }
            if !Task.isCancelled { process.terminate() }
        }
        let data = await Task.detached { output.fileHandleForReading.readDataToEndOfFile() }.value
        watchdog.cancel()
        process.waitUntilExit()
        leash.release()
        Progress.clear()
        guard let result = try? JSONDecoder().decode(RallyLap.Result.self, from: data) else {
            throw Failure(description: "\(side.title) ended with status \(process.terminationStatus) and no result")
        }
        return result
    }
}
