// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers

/// A server of a test's own, from a package of the system, on a port of 127.0.0.1. It works in a folder that goes with
/// it, and ends with this process, however that ends: a shell reads our end of a pipe.
final class RealServer {
    /// The program is not there, or has not started.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a server is started with; `$port` is its port and `$folder` its folder.
    struct Kind {
        let program: String
        /// The Debian package that brings it.
        let package: String
        /// Whose rights it has where the tests have root's; some do not start with those.
        var user: String?
        /// What has to be done before.
        var preparation = "true"
        var arguments: String
        /// What it says when it serves.
        let ready: String
        /// How it is ended: by force, where it leaves nothing behind then.
        var signal = "KILL"
    }

    private static let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin"]

    /// Debian keeps PostgreSQL's programs apart, by version.
    private static func path(of program: String) -> String? {
        let versions = "/usr/lib/postgresql"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        return (names.sorted().reversed().map { "\(versions)/\($0)/bin" } + folders).map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// A child inherits from this process that signals are held back, so `wait` alone may never end: the shell kills by
    /// force a second later what still runs.
    private static func script(of kind: Kind) -> String {
        """
        program=$1 port=$2 as=
        folder=$(mktemp -d) || exit 1
        if [ "$(id -u)" = 0 ] && [ -n "\(kind.user ?? "")" ]; then
            chown \(kind.user ?? "root") $folder
            as="setpriv --reuid=\(kind.user ?? "root") --clear-groups"
        fi
        cd $folder
        if \(kind.preparation) >/dev/null; then
            $as $program \(kind.arguments) &
            server=$!
            read _
            kill -\(kind.signal) $server 2>/dev/null
            for _ in 1 2 3 4 5 6 7 8 9 10; do
                kill -0 $server 2>/dev/null || break
                sleep 0.1
            done
            kill -KILL $server 2>/dev/null
            wait $server
        fi
        cd /
        rm -rf $folder
        """
    }

    let port: Int
    private let process: Process
    private let input: Pipe

    /// Starts it, and waits until it says that it serves.
    ///
    /// - Parameter more: arguments of this one alone, as a shell reads them.
    init(_ kind: Kind, _ more: String = "") throws {
        guard let program = Self.path(of: kind.program) else {
            throw Failure(description: "\(kind.program) is missing: apt-get install \(kind.package)")
        }
        var kind = kind
        kind.arguments += " " + more
        var said = ""
        // A port may be taken between our choice and the server's: then another one is tried.
        for _ in 0..<5 {
            let port = Int.random(in: 20_000..<32_000)
            let (process, input, output) = (Process(), Pipe(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", Self.script(of: kind), "server", program, "\(port)"]
            process.standardInput = input
            process.standardOutput = output
            process.standardError = output
            try process.run()
            Deadline.end(process.processIdentifier) { process.isRunning }
            said = ""
            while !said.contains(kind.ready), !said.contains("in use") {
                let part = output.fileHandleForReading.availableData
                if part.isEmpty { break }
                said += String(decoding: part, as: UTF8.self)
            }
            if said.contains(kind.ready) {
                (self.port, self.process, self.input) = (port, process, input)
                // What it says later must not fill the pipe.
                output.fileHandleForReading.readabilityHandler = {
                    if $0.availableData.isEmpty { $0.readabilityHandler = nil }
                }
                return
            }
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        throw Failure(description: "\(program) does not start: \(said)")
    }

    func stop() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

extension RealServer.Kind {
    static let redis = Self(
        program: "redis-server",
        package: "redis-server",
        arguments: "--port $port --bind 127.0.0.1 --save '' --appendonly no --dir $folder",
        ready: "Ready to accept connections"
    )

    static let postgres = Self(
        program: "postgres",
        package: "postgresql",
        user: "postgres",
        preparation: "$as $(dirname $program)/initdb -D $folder/data -A trust -U postgres --no-sync",
        arguments: "-D $folder/data -h 127.0.0.1 -p $port -k '' -F",
        ready: "ready to accept connections",
        // It has memory of the kernel's, which it gives back then.
        signal: "QUIT"
    )

    static let mosquitto = Self(
        program: "mosquitto",
        package: "mosquitto",
        arguments: "-p $port",
        ready: " running"
    )

    static let ssh = Self(
        program: "sshd",
        package: "openssh-server",
        user: "nobody",
        preparation: "$as ssh-keygen -q -t ed25519 -N '' -f $folder/key",
        arguments: "-D -e -f /dev/null -h $folder/key -p $port -o ListenAddress=127.0.0.1 -o PidFile=none",
        ready: "Server listening on"
    )
}
