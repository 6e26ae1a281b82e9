// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import TestHelpers

#if os(Linux) && canImport(Glibc)
    import IPAddresses
    import NameResolution
    import Testing

    /// The C library is the oracle: what is answered from the hosts file must be its answer, to the last address and in
    /// its order. It reads each file in a mount namespace of its own, in the place of `/etc/hosts`, with `hosts:
    /// files`.
    ///
    /// Kept out of the generated files, and of the comparison, for the reasons that
    /// docs/decisions/0003-local-names-read-files-on-the-loop.md gives: a line with leading blanks that ends at a NUL
    /// or with the file, `multi off`, and `/etc/gai.conf`. `localhost` is ours where the file is silent (RFC 6761
    /// §6.3).
    @Suite struct `Agreement with getaddrinfo on hosts files` {
        @Test(.enabled(if: HostsOracle.canSit, "needs a mount namespace and Python"))
        func `every name of every file, in every family`() throws {
            let folder = try TemporaryFolder()
            var generator = SeededGenerator(seed: 2_026)
            var files: [[UInt8]] = []
            var questions: [HostsOracle.Question] = []
            for number in 0..<800 {
                let file = GeneratedHostsFile(&generator)
                files.append(file.bytes)
                try folder.write(file.bytes, to: "\(number)")
                for name in file.names {
                    for families in [.both, .ipv4, .ipv6] as [AddressFamilies] {
                        questions.append(HostsOracle.Question(file: "\(number)", name: name, families: families))
                    }
                }
            }
            let theirs = try HostsOracle.answers(to: questions, in: folder)
            try #require(theirs.count == questions.count)

            var answered = 0
            var several = 0
            var disagreements: [String] = []
            for (question, theirAnswer) in zip(questions, theirs) {
                let names = LocalNames(
                    hostsPath: folder.path(question.file),
                    nameServiceSwitchPath: folder.path("nsswitch.conf")
                )
                let ours = names.answer(LookupQuestion(name: question.name, families: question.families))
                let ourAnswer = ours.map { $0.addresses.map(\.description) }
                if ourAnswer != nil { answered += 1 }
                if let ourAnswer, Set(ourAnswer).count > 1 { several += 1 }
                if ourAnswer != theirAnswer {
                    disagreements.append(
                        "file \(question.file), \(question.name), \(question.families.rawValue): "
                            + "ours \(ourAnswer ?? []), the C library's \(theirAnswer ?? []) in "
                            + String(decoding: files[Int(question.file) ?? 0], as: UTF8.self).debugDescription
                    )
                }
            }
            print(
                "hosts files: \(questions.count) questions compared, \(questions.count - disagreements.count) agreed,",
                "\(answered) of them with addresses, \(several) with several in order"
            )
            #expect(disagreements.isEmpty, "\(disagreements.prefix(10))")
            #expect(questions.count > 10_000)
            #expect(answered > 4_000)
            #expect(several > 2_000)
        }
    }

    /// Lines that are longer than what an event loop looks at: nothing that the C library finds is lost for that.
    @Suite struct `Agreement with getaddrinfo on long lines` {
        @Test(.enabled(if: HostsOracle.canSit, "needs a mount namespace and Python"))
        func `names at the start, in the middle and at the end of a line of a megabyte`() throws {
            let folder = try TemporaryFolder()
            let names = (0..<60_000).map { "alias-\($0).example" }.joined(separator: " ")
            try folder.write("192.0.2.1 first \(names) last\n192.0.2.2 LAST other\n192.0.2.3 last", to: "0")
            let questions = ["first", "alias-0.example", "alias-30000.example", "last", "other", "absent.example"]
                .map { HostsOracle.Question(file: "0", name: $0, families: .both) }
            let theirs = try HostsOracle.answers(to: questions, in: folder)
            let local = LocalNames(
                hostsPath: folder.path("0"),
                nameServiceSwitchPath: folder.path("nsswitch.conf")
            )
            let ours = questions.map { question in
                local.answer(LookupQuestion(name: question.name, families: .both))?.addresses.map(\.description)
            }
            #expect(ours == theirs)
            #expect(theirs.compactMap { $0 }.count == 5)
        }
    }

    /// A hosts file as an administrator, a script or a cat on the keyboard would have left it.
    private struct GeneratedHostsFile {
        private(set) var bytes: [UInt8] = []

        /// Names to ask about: those of the file, in some case, and one that it has not.
        private(set) var names: [String] = []

        init(_ generator: inout SeededGenerator) {
            let pool = Self.pool.shuffled(using: &generator).prefix(Int.random(in: 1...6, using: &generator))
            for _ in 0..<Int.random(in: 0...14, using: &generator) {
                bytes += Self.line(Array(pool), &generator)
                bytes += ["\n", "\n", "\n", "\r\n", "\n\n"].pick(&generator).utf8
            }
            if Bool.random(using: &generator) {
                // Without leading blanks: what glibc makes of those here is an exception by name.
                bytes += "\(Self.address(&generator)) \(pool[pool.startIndex])".utf8
            }
            names = (pool + ["absent.example"]).map { Self.inSomeCase($0, &generator) }
        }

        private static let pool = [
            "db", "db.example", "Node-1.Example.ORG", "ip6-localhost", "a", "x_y",
            "very.long.name.under.some.zone.example",
            "db.example.", "1e100.net", "b\u{fc}cher.example", "host", "mail", "-", "a.b",
        ]

        private static let addresses = [
            "127.0.0.1", "127.0.1.1", "127.1.2.3", "10.0.0.1", "10.0.0.2", "192.168.1.7", "192.0.2.2", "192.0.2.3",
            "192.0.2.200", "203.0.113.9", "169.254.7.7", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1", "::",
            "fe80::1",
            "FE80::A", "fd00::2", "fd00::1:2", "fd00:0:0:1::1", "fc00::7", "2001:db8::1", "2001:DB8:0:0::2", "2001::1",
            "2002:c000:201::1", "3ffe::1", "fec0::1", "ff02::1", "ff05::2", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
            "::FFFF:c000:202", "::192.0.2.9", "64:ff9b::1.2.3.4",
        ]

        private static let noAddresses = [
            "127.1", "0x7f.0.0.1", "010.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4/8", "fe80::1%lo",
            "fe80::1%1",
            ":::", "1::2::3", "::g", "localhost", "*", "-", "[::1]", "\u{fc}",
        ]

        private static func address(_ generator: inout SeededGenerator) -> String {
            Int.random(in: 0..<12, using: &generator) == 0 ? noAddresses.pick(&generator) : addresses.pick(&generator)
        }

        private static func line(_ pool: [String], _ generator: inout SeededGenerator) -> [UInt8] {
            let spaces = [" ", " ", " ", "\t", "  ", " \t ", "\u{b}", "\u{c}", "\r"]
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: return Array("# 10.0.0.9 \(pool[0])".utf8)
            case 1: return Array("   ".utf8)
            case 2: return Array(address(&generator).utf8)
            case 3: return (0..<12).map { _ in UInt8.random(in: 0...255, using: &generator) }.map { $0 == 10 ? 32 : $0 }
            default: break
            }
            let isIndented = Int.random(in: 0..<8, using: &generator) == 0
            var text = isIndented ? spaces.pick(&generator) : ""
            text += address(&generator)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                text += spaces.pick(&generator) + inSomeCase(pool.pick(&generator), &generator)
            }
            switch Int.random(in: 0..<16, using: &generator) {
            case 0: text += " # \(pool[0]) and more"
            case 1: text += "#\(pool[0])"
            case 2: text += spaces.pick(&generator)
            case 3 where !isIndented: text += "\0 \(pool[0])"
            case 4: text += " " + String(repeating: "long-alias ", count: 300)
            default: break
            }
            return Array(text.utf8)
        }

        private static func inSomeCase(_ name: String, _ generator: inout SeededGenerator) -> String {
            let mask = [0, 0, 0, UInt64.max, UInt64.random(in: 0 ... .max, using: &generator)].pick(&generator)
            let letters = name.utf8.enumerated().map { place, byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) && mask >> UInt64(place % 64) & 1 == 1
                    ? byte & 0xDF : byte
            }
            return String(decoding: letters, as: UTF8.self)
        }
    }
#endif
