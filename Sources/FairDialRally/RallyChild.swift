// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation

/// A side's process: this very program, told to drive one lap. It is ended when it takes too long, ends
/// when the parent does, and is always reaped.
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
