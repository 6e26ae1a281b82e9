// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import GetAddrInfo
    import Glibc
    import IPAddresses
    import Testing

    /// The C library is the judge: whatever is answered without it must be its answer, to the last entry.
    ///
    /// `AI_ADDRCONFIG` is left out: its answer is the machine's. A question that is left to the call is asked once
    /// more under `AI_NUMERICHOST`, so that no comparison ever touches the network.
    @Suite struct `Agreement with getaddrinfo` {
        @Test func `every host in every family under every flag`() {
            var judge = Judge()
            for host in Self.hosts {
                for family in Self.families {
                    for flags in Self.flags {
                        judge.compare(
                            AddressInfoQuestion(host: host, service: "80", family: family, socketType: 1, flags: flags)
                        )
                        judge.compare(AddressInfoQuestion(host: host, service: nil, family: family, flags: flags))
                    }
                }
            }
            judge.expectAgreement(atLeast: 80_000, answered: 8_000)
        }

        @Test func `every service for every type and protocol`() {
            var judge = Judge()
            for service in Corpus.services {
                for type in Self.types {
                    for number in Self.protocols {
                        for (host, flags) in Self.hostsForServices {
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
            judge.expectAgreement(atLeast: 39_000, answered: 1_900)
        }

        @Test(arguments: [1, 2, 3, 4] as [UInt64])
        func `mutated hosts and services in random questions`(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            var judge = Judge()
            for _ in 0..<25_000 {
                // Half of the time a question that has an answer, so that the changes happen near one.
                let host =
                    Bool.random(using: &generator) ? Self.hosts.pick(&generator) : Self.goodHosts.pick(&generator)
                let service = [Corpus.services.pick(&generator), "80", "65537", nil].pick(&generator)
                judge.compare(
                    AddressInfoQuestion(
                        host: Self.sometimesMutated(host, &generator),
                        service: Self.sometimesMutated(service, &generator),
                        family: [AF_UNSPEC, AF_UNSPEC, AF_INET, AF_INET6, Self.families.pick(&generator)].pick(
                            &generator
                        ),
                        socketType: [0, 1, 1, 1, 2, 2, Self.types.pick(&generator)].pick(&generator),
                        protocolNumber: [0, 0, 0, 0, Self.protocols.pick(&generator)].pick(&generator),
                        flags: [0, Self.flags.pick(&generator)].pick(&generator)
                    )
                )
            }
            judge.expectAgreement(atLeast: 15_000, answered: 4_000)
        }

        @Test func `random IPv4 texts of all bases`() {
            var generator = SeededGenerator(seed: 5)
            var judge = Judge()
            for _ in 0..<20_000 {
                let parts = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                    let limit: UInt64 = [0xff, 0xff, 0xff, 0x1ff, 0xffff, 0xff_ffff, 0x1_ffff_ffff].pick(&generator)
                    let number = UInt64.random(in: 0...limit, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: return "0x" + String(number, radix: 16)
                    case 1: return "0" + String(number, radix: 8)
                    default: return String(number)
                    }
                }
                judge.compare(
                    AddressInfoQuestion(
                        host: parts.joined(separator: "."),
                        service: "80",
                        family: Self.families.pick(&generator),
                        socketType: 1
                    )
                )
            }
            judge.expectAgreement(atLeast: 20_000, answered: 2_000)
        }

        private static let hosts: [String?] = {
            var hosts: [String?] = [nil, "", "*", "127.0.0.1\0"]
            hosts += Corpus.legacyIPv4.map(\.text)
            for list in [
                Corpus.plainIPv4, Corpus.nearlyIPv4, Corpus.ipv6, Corpus.malformedIPv6, Corpus.names,
                Corpus.ipv4WithZone,
            ] {
                hosts += list
            }
            for address in ["::1", "fe80::1", "ff02::1", "::ffff:1.2.3.4", "::ffff:254.128.0.1", "2001:db8::1"] {
                hosts += Corpus.zones.map { "\(address)%\($0)" }
            }
            return hosts
        }()

        private static let hostsForServices: [(String?, Int32)] = [
            ("127.1", 0), ("::1", AI_NUMERICSERV), (nil, 0), (nil, AI_PASSIVE), ("fe80::1%7", AI_CANONNAME),
            ("db.example.org", 0),
        ]

        private static let families: [Int32] = [AF_UNSPEC, AF_INET, AF_INET6, 1, 5, -1]

        private static let types: [Int32] = [0, 1, 2, 3, 4, 5, 6, 7, 10, -1, 1 | 0o4000, 2 | 0o2000000]

        private static let protocols: [Int32] = [0, 1, 6, 17, 33, 58, 132, 136, 255, 256, -1, 70_000]

        private static let flags: [Int32] = [
            0, AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED, AI_ALL, AI_V4MAPPED | AI_ALL,
            AI_CANONNAME | AI_NUMERICHOST, AI_CANONNAME | AI_V4MAPPED, AI_NUMERICHOST | AI_NUMERICSERV,
            AI_PASSIVE | AI_CANONNAME | AI_V4MAPPED | AI_NUMERICSERV, 0x40, 0x80, 0x100, 0x200, 0x40 | AI_CANONNAME,
            0x800,
            0x4000_0000, .min, -1,
        ]

        private static let goodHosts: [String?] =
            Corpus.plainIPv4 + Corpus.ipv6 + Corpus.legacyIPv4.map(\.text) + ["fe80::1%7", "::1%0", "ff02::1%lo"]

        private static func sometimesMutated(_ text: String?, _ generator: inout SeededGenerator) -> String? {
            guard Int.random(in: 0..<3, using: &generator) == 0, let text else { return text }
            return mutated(text, &generator)
        }

        /// One to three small changes: a scalar less, one more of the kind that matters here, or two swapped.
        private static func mutated(_ text: String, _ generator: inout SeededGenerator) -> String {
            var scalars = Array(text.unicodeScalars)
            let alphabet = Array("0123456789abcdefxX.:%+- \t\n*/lo\0１é".unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0...scalars.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where place < scalars.count: scalars.remove(at: place)
                case 1 where place < scalars.count: scalars[place] = alphabet.pick(&generator)
                case 2 where place + 1 < scalars.count: scalars.swapAt(place, place + 1)
                default: scalars.insert(alphabet.pick(&generator), at: place)
                }
            }
            return String(String.UnicodeScalarView(scalars))
        }
    }

    /// Counts how often both say the same.
    private struct Judge {
        private var compared = 0
        private var answered = 0
        private var neededLookup = 0
        private var disagreements: [String] = []

        /// Where the machine has no IPv6, or a `gai.conf`, its order of two addresses of its own is another one than
        /// ours.
        private let ownOrderIsUsual: Bool

        init() {
            let own = AddressInfoQuestion(host: nil, service: "80", socketType: 1)
            let passive = AddressInfoQuestion(host: nil, service: "80", socketType: 1, flags: AI_PASSIVE)
            ownOrderIsUsual = [own, passive].allSatisfy { question in
                guard case .success(let entries) = AddressInfoCall.getaddrinfo(question) else { return false }
                return entries.first?.endpoint.address.family == (question.flags == 0 ? .ipv6 : .ipv4)
            }
        }

        mutating func compare(_ question: AddressInfoQuestion) {
            var question = question
            if question.numericAnswer() == .needsLookup {
                neededLookup += 1
                question.flags |= AI_NUMERICHOST
            }
            let ours: Result<AddressInfoList, AddressInfoError>
            switch question.numericAnswer() {
            case .needsLookup: return
            case .refused: return
            case .failed(let error): ours = .failure(error)
            case .answered(let entries): ours = .success(entries)
            }
            let theirs = AddressInfoCall.getaddrinfo(question)
            compared += 1
            if case .success = ours { answered += 1 }
            if !agree(ours, theirs) { disagreements.append("\(question): ours \(ours), the C library's \(theirs)") }
        }

        private func agree(
            _ ours: Result<AddressInfoList, AddressInfoError>,
            _ theirs: Result<AddressInfoList, AddressInfoError>
        ) -> Bool {
            guard !ownOrderIsUsual, case .success(let mine) = ours, case .success(let other) = theirs else {
                return ours == theirs
            }
            return [AddressFamily.ipv4, .ipv6].allSatisfy { family in
                mine.filter { $0.endpoint.address.family == family }
                    == other.filter { $0.endpoint.address.family == family }
            }
        }

        func expectAgreement(
            atLeast enough: Int,
            answered enoughAnswers: Int,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            print(
                "getaddrinfo: \(compared) compared, \(compared - disagreements.count) agreed,",
                "\(answered) of them with addresses, \(neededLookup) needed a look-up"
            )
            #expect(disagreements.isEmpty, "\(disagreements.prefix(10))", sourceLocation: sourceLocation)
            #expect(compared >= enough, sourceLocation: sourceLocation)
            #expect(answered >= enoughAnswers, sourceLocation: sourceLocation)
        }
    }
#endif
