// SPDX-License-Identifier: Apache-2.0

import AddressInfoOracle
import ArgumentParser
import CNamespaces
import FairDialTestKit
import Foundation

/// Services files of lines that are nearly right.
enum RandomServices {
    private static let names = ["http", "domain", "x", "-1", "80x", "a#b", "é", "snmp", "lo", "web", "2147483648"]
    private static let protocols = ["tcp", "udp", "sctp", "dccp", "udplite", "TCP", "raw", ""]
    private static let ports = [
        "80", "53", "0", "65535", "65536", "99999", "4294967295", "4294967296", "-1", "+7", " 8", "0x10", "x", "",
        "18446744073709551615", "18446744073709551616", "007", "08", "0x", "0X1F", "-0x2", "0xfffffffff", "+ 1",
    ]
    private static let separators = ["/", "/", "/", "/", "//", " /", "/ ", " ", ":"]
    private static let spaces = [" ", "\t", "  ", " \t ", "\u{b}", "\r"]

    /// A name that such a file may have.
    static func name(using generator: inout SeededGenerator) -> String {
        names.pick(&generator)
    }

    /// Shows a random file at `/etc/services` in this mount namespace, with an nsswitch.conf that asks no other source.
    static func show(using generator: inout SeededGenerator) throws {
        #if os(Linux)
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("oracle-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let files = [
                ("/etc/services", text(using: &generator)),
                ("/etc/nsswitch.conf", "services: db files\nhosts: files\n"),
            ]
            for (path, text) in files {
                let file = folder.appendingPathComponent(path.replacingOccurrences(of: "/", with: "_"))
                try Data(text.utf8).write(to: file)
                let failure = fairdial_bind_mount(file.path, path)
                guard failure == 0 else { throw ValidationError("\(path): \(String(cString: strerror(failure)))") }
            }
        #endif
    }

    private static func text(using generator: inout SeededGenerator) -> String {
        (0..<30).map { _ in line(using: &generator) }.joined(separator: "\n")
            + (Bool.random(using: &generator) ? "\n" : "")
    }

    private static func line(using generator: inout SeededGenerator) -> String {
        var line = Int.random(in: 0..<6, using: &generator) == 0 ? spaces.pick(&generator) : ""
        line += names.pick(&generator) + spaces.pick(&generator) + ports.pick(&generator)
        line += separators.pick(&generator) + protocols.pick(&generator)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            line += spaces.pick(&generator) + names.pick(&generator)
        }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: line += " # a comment"
        case 1: line += "#web"
        case 2: line += "\0 web"
        case 3: line = "#" + line
        default: break
        }
        return line
    }
}
