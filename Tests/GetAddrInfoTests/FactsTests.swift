// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import GetAddrInfo
    import Glibc
    import IPAddresses
    import Testing

    /// What an answer hangs on beside the question; glibc's word on each is `Agreement with getaddrinfo`'s.
    @Suite struct `Facts that answers hang on` {
        private static let services = ServicesFile(
            Array(
                "http 80/tcp www\ntftp 69/udp\ndomain 53/tcp\ndomain 53/udp\nm3ua 2905/sctp\nmixed 1/tcp\nmixed 2/udp\n"
                    .utf8
            )
        )

        private func facts(_ addresses: Set<InterfaceTable.Address>) -> LocalFacts {
            LocalFacts(
                services: Self.services,
                interfaces: InterfaceTable(
                    names: [("lo", 1), ("eth0", 2), ("other", 2), ("4", 9)],
                    addresses: addresses
                )
            )
        }

        private func kinds(_ answer: NumericAnswer) -> [String] {
            guard case .answered(let entries) = answer else { return ["\(answer)"] }
            return entries.map { "\($0.socketType)/\($0.protocolNumber):\($0.endpoint.port)" }
        }

        @Test(arguments: [
            ("http", ["1/6:80"]), ("www", ["1/6:80"]), ("tftp", ["2/17:69"]), ("domain", ["1/6:53", "2/17:53"]),
            ("m3ua", ["1/132:2905", "5/132:2905"]), ("mixed", ["1/6:1", "2/17:2"]),
        ])
        func `a service by name has the types that the file has it for, and never raw`(name: String, kinds: [String]) {
            let question = AddressInfoQuestion(host: "127.0.0.1", service: name)
            #expect(self.kinds(question.numericAnswer(knowing: facts([]))) == kinds)
            #expect(question.numericAnswer() == .needsLookup)
        }

        @Test func `a service that the file has not got for the type does not exist`() {
            for (name, type) in [("http", 2), ("tftp", 1), ("HTTP", 1), ("nosuch", 0), ("http", 3)] as [(String, Int32)]
            {
                let question = AddressInfoQuestion(host: "127.0.0.1", service: name, socketType: type)
                #expect(question.numericAnswer(knowing: facts([])) == .failed(.service))
            }
        }

        @Test func `the services are not asked for a port, nor the interfaces for an index`() {
            let facts = LocalFacts {
                Issue.record("the services were asked")
                return nil
            } interfaces: {
                Issue.record("the interfaces were asked")
                return nil
            }
            for host in ["127.0.0.1", "127.1", "::1", "fe80::1%4", "db.example.org", "::ffff:1.2.3.4"] {
                for service in ["80", "65537", " 80", "", nil] {
                    for type in [0, 1, 2, 3] as [Int32] {
                        _ = AddressInfoQuestion(host: host, service: service, socketType: type).numericAnswer(
                            knowing: facts
                        )
                    }
                }
                _ = NumericHost(host, knowing: facts)
            }
        }

        @Test(
            arguments: [
                ([.loopbackIPv4, .loopbackIPv6], AF_UNSPEC, "127.0.0.1", true),
                ([.loopbackIPv4, .loopbackIPv6], AF_INET, "127.0.0.1", false),
                ([.loopbackIPv4, .loopbackIPv6], AF_INET6, "::1", false),
                ([.loopbackIPv4, .ipv4], AF_UNSPEC, "127.0.0.1", true),
                ([.loopbackIPv4, .ipv4], AF_INET, "127.0.0.1", true),
                ([.loopbackIPv4, .ipv4], AF_INET6, "::1", false),
                ([.ipv6], AF_INET6, "::1", true),
                ([.ipv4, .ipv6], AF_UNSPEC, "::1", true),
            ] as [(Set<InterfaceTable.Address>, Int32, String, Bool)]
        )
        func `a family counts as configured by an address other than its loopback's`(
            addresses: Set<InterfaceTable.Address>,
            family: Int32,
            host: String,
            isAnswered: Bool
        ) {
            let answer = AddressInfoQuestion(
                host: host,
                service: "80",
                family: family,
                socketType: 1,
                flags: AI_ADDRCONFIG
            )
            .numericAnswer(knowing: facts(addresses))
            if isAnswered {
                #expect(kinds(answer) == ["1/6:80"])
            } else {
                #expect(answer == .failed(.noName))
            }
        }

        @Test func `with one family configured a literal of the other has no address`() {
            func answer(_ host: String, _ address: InterfaceTable.Address) -> NumericAnswer {
                AddressInfoQuestion(host: host, service: "80", socketType: 1, flags: AI_ADDRCONFIG)
                    .numericAnswer(knowing: facts([address]))
            }
            #expect(answer("::1", .ipv4) == .failed(.addressFamily))
            #expect(answer("127.1", .ipv6) == .failed(.addressFamily))
            #expect(kinds(answer("127.1", .ipv4)) == ["1/6:80"])
        }

        @Test(
            arguments: [
                ([.loopbackIPv4, .loopbackIPv6], ["::1", "127.0.0.1"], ["0.0.0.0", "::"]),
                ([.loopbackIPv4], ["127.0.0.1", "::1"], ["0.0.0.0", "::"]),
                ([.loopbackIPv6], ["::1", "127.0.0.1"], ["::", "0.0.0.0"]),
                ([], ["::1", "127.0.0.1"], ["::", "0.0.0.0"]),
            ] as [(Set<InterfaceTable.Address>, [String], [String])]
        )
        func `the machine's own addresses come in the order in which they can be reached`(
            addresses: Set<InterfaceTable.Address>,
            own: [String],
            passive: [String]
        ) {
            for (flags, expected) in [(0, own), (AI_PASSIVE, passive)] {
                let answer = AddressInfoQuestion(host: nil, service: "80", socketType: 1, flags: flags)
                    .numericAnswer(knowing: facts(addresses))
                guard case .answered(let entries) = answer else {
                    Issue.record("\(answer)")
                    return
                }
                #expect(entries.map { "\($0.endpoint.address)" } == expected)
            }
        }

        @Test func `a zone by name is the table's, where there is one`() throws {
            let address = try IPv6Address("fe80::1")
            for (zone, index) in [("eth0", 2), ("other", 2), ("lo:1", 1)] as [(String, UInt32)] {
                #expect(
                    NumericHost("fe80::1%\(zone)", knowing: facts([])) == .address(.v6(address, zone: .index(index)))
                )
            }
            // Digits are an index even beside an interface of that name.
            #expect(NumericHost("fe80::1%4", knowing: facts([])) == .address(.v6(address, zone: .index(4))))
            for zone in ["nosuch0", "ETH0", "eth0\0", "averyveryverylongname"] {
                #expect(NumericHost("fe80::1%\(zone)", knowing: facts([])) == .refused(.unknownInterface(zone)))
            }
        }
    }
#endif
