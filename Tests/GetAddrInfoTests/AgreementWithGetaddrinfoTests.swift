// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit

#if canImport(Glibc)
    import AddressInfoOracle
    import GetAddrInfo
    import NameResolution
    import Testing

    /// The C library is the oracle: whatever is answered without it must be its answer, to the last entry.
    ///
    /// Here on this machine as it stands, with a part of the corpus's product; `Scripts/test --long` asks all of it,
    /// and the scenarios ask it in networks of other kinds.
    @Suite struct `Agreement with getaddrinfo` {
        private static let facts: LocalFacts = {
            let tables = LocalTables()
            tables.refresh()
            return LocalFacts(services: tables.facts.services(), interfaces: tables.facts.interfaces())
        }()

        @Test func `the machine's facts are known`() {
            #expect(Self.facts.interfaces() != nil)
            #expect(Self.facts.services()?.port(of: "http".utf8, over: "tcp") == 80)
        }

        @Test(arguments: [1, 2, 3, 4] as [UInt64])
        func `every host, family, type, protocol and flag, drawn at random`(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            var judge = Oracle(facts: Self.facts)
            for _ in 0..<40_000 {
                judge.compare(QuestionProduct.question(Int.random(in: 0..<QuestionProduct.count, using: &generator)))
            }
            expectAgreement(judge, atLeast: 39_000, answered: 400)
        }

        @Test func `every host in every family under every flag, as most ask`() {
            var judge = Oracle(facts: Self.facts)
            for host in Corpus.hosts {
                for family in QuestionProduct.families.prefix(3) {
                    for flags in QuestionProduct.flags + QuestionProduct.oddFlags where flags & 0x20 == 0 {
                        judge.compare(
                            AddressInfoQuestion(host: host, service: "80", family: family, socketType: 1, flags: flags)
                        )
                    }
                }
            }
            expectAgreement(judge, atLeast: 70_000, answered: 8_000)
        }

        @Test func `every service for every type and protocol`() {
            let hosts: [(String?, Int32)] = [
                ("127.1", 0), ("::1", 0x400), (nil, 0), (nil, 1), ("fe80::1%7", 2), ("db.example.org", 0),
            ]
            var judge = Oracle(facts: Self.facts)
            for service in Corpus.services {
                for type in QuestionProduct.types {
                    for number in QuestionProduct.protocols {
                        for (host, flags) in hosts {
                            judge.compare(
                                AddressInfoQuestion(
                                    host: host,
                                    service: service,
                                    socketType: type,
                                    protocolNumber: number,
                                    flags: flags
                                )
                            )
                        }
                    }
                }
            }
            expectAgreement(judge, atLeast: 33_000, answered: 1_900)
        }

        @Test(arguments: [1, 2, 3, 4] as [UInt64])
        func `mutated hosts and services in random questions`(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            var judge = Oracle(facts: Self.facts)
            for _ in 0..<25_000 { judge.compare(QuestionMutation.question(using: &generator)) }
            expectAgreement(judge, atLeast: 20_000, answered: 3_500)
        }

        @Test func `random IPv4 texts of all bases`() {
            var generator = SeededGenerator(seed: 5)
            var judge = Oracle(facts: Self.facts)
            for _ in 0..<20_000 { judge.compare(QuestionMutation.ipv4Question(using: &generator)) }
            expectAgreement(judge, atLeast: 20_000, answered: 2_000)
        }

        private func expectAgreement(
            _ judge: Oracle,
            atLeast enough: Int,
            answered enoughAnswers: Int,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            print(judge.summary)
            #expect(judge.disagreed == 0, "\(judge.differences.prefix(10))", sourceLocation: sourceLocation)
            #expect(judge.compared >= enough, sourceLocation: sourceLocation)
            #expect(judge.answered >= enoughAnswers, sourceLocation: sourceLocation)
        }
    }
#endif
