// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Machines that refuse what ours gives: system calls, descriptors, threads, and time.
@Suite(.enabled(if: Network.isPossible, "needs root, strace, unshare and a C compiler")) struct ShortMachineTests {
    @Test(.timeLimit(.minutes(10)))
    func `a system call that is refused is no reason not to connect, where a C program does`() async throws {
        let outcome = try await Network.run("refused-calls")
        print(outcome.lastLine)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `thousands of dials that hear nothing leave descriptors to the program, and a processor`() async throws {
        let outcome = try await Network.run("silent-names")
        print(outcome.lastLine)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `when nothing but a route is replaced, a lookup under way goes on over the new one`() async throws {
        let outcome = try await Network.run("route-change", with: "lookups")
        print(outcome.lastLine)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `what has come while the process stood still counts, whichever clock has run out`() async throws {
        let outcome = try await Network.run("frozen-process")
        print(outcome.lastLine)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}

/// Few descriptors or threads from the start: NIO would end the process, a dial must say what is missing.
///
/// Below these ranges it is the language's own tasks that cannot be: Dispatch opens four descriptors, and a fifth to
/// look for its threads where the machine is busy, and ends the process where it has none; or it waits for a
/// thread for ever.
@Suite struct ShortProcessTests {
    private static let errors = ["outOfDescriptors", "outOfThreads"]

    @Test(.timeLimit(.minutes(15)), arguments: [["127.0.0.1"], ["localhost"], ["db.test", "--server", "127.0.0.1:1"]])
    func `with few descriptors a dial connects or says what is missing`(_ host: [String]) async throws {
        try await dial(host, under: "ulimit -n", within: 8...40, asStranger: false)
    }

    @Test(
        .enabled(if: geteuid() == 0, "root may have as many threads as it likes, and so must become somebody else"),
        .timeLimit(.minutes(15))
    )
    func `with few threads a dial connects or says what is missing`() async throws {
        try await dial(["127.0.0.1"], under: "ulimit -u", within: 5...12, asStranger: true)
    }

    private func dial(
        _ host: [String],
        under limit: String,
        within range: ClosedRange<Int>,
        asStranger: Bool
    ) async throws {
        var codes: [String: Int] = [:]
        for number in range {
            // A user of its own for each number: no other test's threads are counted.
            let stranger = "setpriv --reuid=\(64_000 + number) --regid=64000 --clear-groups "
            let command = ([Tool.executable("fairdial").path, "connect"] + [host[0], "9"] + host.dropFirst())
                .joined(separator: " ")
            let script = "\(limit) \(number) && exec \(command) --json --queue-timeout 0.05 --lookup-timeout 1"
            let outcome = try await Tool.run(
                URL(fileURLWithPath: "/bin/bash"),
                ["-c", asStranger ? "exec timeout 20 \(stranger)bash -c '\(script)'" : script]
            )
            // The port is closed, or the name does not exist: the status is 1, whatever was missing.
            #expect(outcome.status == 1, "\(limit) \(number): \(outcome.output)\(outcome.errors)")
            let code = try outcome.objects(of: TwoHosts.Dial.self).first?.error?.code
            codes[code ?? "none", default: 0] += 1
        }
        // Few are too few, and many are enough.
        #expect(codes.keys.contains { Self.errors.contains($0) }, "\(codes)")
        #expect(codes.keys.contains { !Self.errors.contains($0) && $0 != "none" }, "\(codes)")
    }
}

extension Tool.Outcome {
    /// What a script prints in the end, for the test to count.
    fileprivate var lastLine: String { output.split(separator: "\n").last.map { String($0) } ?? "" }
}

/// The scripts that make such machines, in namespaces of their own.
private enum Network {
    static let isPossible =
        geteuid() == 0
        && ["strace", "unshare", "cc", "python3", "ip", "nft"].allSatisfy { name in
            ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/sbin"].contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
            }
        }

    static func run(_ script: String, with executable: String = "fairdial") async throws -> Tool.Outcome {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Network/\(script)")
        return try await Tool.run(path, [Tool.executable(executable).path])
    }
}
