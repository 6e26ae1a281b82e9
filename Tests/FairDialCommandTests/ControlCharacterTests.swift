// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What strangers have written is shown, and commands nobody's terminal.
@Suite struct `Control characters in hosts and elsewhere` {
    /// A colour, a title, a bell, a new line, a carriage return; the same by ISO 6429's own bytes; a turned text; a
    /// line separator.
    private static let hosts = [
        "a\u{1B}[31mb.test", "\u{1B}]0;title\u{7}", "a\nb.test", "a\rb.test", "a\u{9B}31mb.test", "a\u{7F}b.test",
        "a\u{202E}b.test", "a\u{2028}b.test", "fe80::1%\u{9B}31m",
    ]

    private static let commands: [[String]] = [
        ["connect", "HOST", "80", "--resolver", "system"], ["connect", "HOST", "80", "--resolver", "dns"],
        ["connect", "HOST", "HOST"], ["resolve", "HOST", "--resolver", "system"],
        ["resolve", "HOST", "--resolver", "dns", "--trace", "--explain"], ["resolve", "HOST", "--explain"],
        ["resolve", "HOST", "--type", "TXT"], ["resolve", "localhost", "HOST"], ["explain", "HOST"],
        ["connect", "127.0.0.1", "80", "--deny", "HOST"], ["connect", "127.0.0.1", "80", "--override", "HOST"],
        ["connect", "127.0.0.1", "80", "--while-resolving", "HOST"],
        ["resolve", "::1", "--tls", "--tls-authorities", "HOST"],
        ["rally", "--chart", "/nonexistent/HOST"], ["HOST"], ["resolve", "--HOST"],
    ]

    @Test(arguments: hosts) func `none is printed as it is, on either stream`(host: String) throws {
        for command in Self.commands {
            for more in [[], ["--json"]] where command.count > 1 || more.isEmpty {
                let words = command.map { $0.replacingOccurrences(of: "HOST", with: host) } + more
                let run = try Tool.run(
                    Tool.path,
                    words + (["connect", "resolve"].contains(command[0]) ? ["--lookup-timeout", "0.5"] : [])
                )
                for said in [run.output, run.complaints] {
                    let raw = said.unicodeScalars.filter { $0 != "\n" && Self.isCommand($0) }
                    #expect(raw.isEmpty, "\(words): \(said.debugDescription)")
                    if host.contains("\n") { #expect(!said.contains("a\nb"), "\(words): \(said.debugDescription)") }
                }
            }
        }
    }

    private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
