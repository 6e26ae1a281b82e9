// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import AddressInfoOracle
    import GetAddrInfo
    import Glibc
    import IPAddresses
    import Testing

    private let stream: Int32 = 1
    private let datagram: Int32 = 2
    private let raw: Int32 = 3

    private let loopback4 = IPAddress.v4(IPv4Address(bits: 0x7f00_0001))
    private let loopback6 = IPAddress.v6(IPv6Address(high: 0, low: 1), zone: nil)
    private let any4 = IPAddress.v4(IPv4Address(bits: 0))
    private let any6 = IPAddress.v6(IPv6Address(high: 0, low: 0), zone: nil)

    private func entry(
        _ address: IPAddress,
        _ port: UInt16 = 80,
        _ type: Int32 = 1,
        _ number: Int32 = 6
    ) -> AddressInfo {
        AddressInfo(
            socketType: type,
            protocolNumber: number,
            endpoint: Endpoint(address: address, port: port)
        )
    }

    private func answer(
        _ host: String?,
        _ service: String? = "80",
        family: Int32 = AF_UNSPEC,
        type: Int32 = stream,
        number: Int32 = 0,
        flags: Int32 = 0,
        knowing facts: LocalFacts = .unknown
    ) -> NumericAnswer {
        AddressInfoQuestion(
            host: host,
            service: service,
            family: family,
            socketType: type,
            protocolNumber: number,
            flags: flags
        ).numericAnswer(knowing: facts)
    }

    /// What glibc is known to answer, in words; the comparison with the call itself is another suite's.
    @Suite struct `Numeric answer` {
        @Test(
            arguments: [
                (nil, 0), ("", 0), ("*", 0), ("80", 80), (" 80", 80), ("\t80", 80), ("+80", 80), ("080", 80),
                ("65536", 0),
                ("65537", 1), ("99999", 34463), ("4294967296", 0), ("4294967376", 80), ("-0", 0),
                ("-18446744073709551536", 80), ("2147483647", 65535),
            ] as [(String?, UInt16)]
        )
        func `a service is read as strtoul reads a number`(service: String?, port: UInt16) {
            #expect(answer("127.0.0.1", service) == .answered([entry(loopback4, port)]))
            #expect(
                answer("127.0.0.1", service, flags: AI_NUMERICSERV) == .answered([entry(loopback4, port)])
            )
        }

        @Test(arguments: ["-1", "-80", "4294967295", "2147483648", "18446744073709551696"])
        func `a negative service is a name, which the services file does not have`(service: String) {
            let facts = LocalFacts(services: ServicesFile([]))
            for host in ["127.0.0.1", "db.example.org"] {
                #expect(answer(host, service, knowing: facts) == .failed(.service))
                #expect(answer(host, service) == .needsLookup)
            }
            #expect(answer("127.0.0.1", service, flags: AI_NUMERICSERV, knowing: facts) == .failed(.service))
        }

        @Test(arguments: ["80 ", "80x", "0x50", "1e2", "8_0", "８０", "+", "-", " ", "http", "HTTP", "+-80"])
        func `any other service is looked up, or refused where it must be a number`(service: String) {
            #expect(answer("127.0.0.1", service) == .needsLookup)
            #expect(answer("127.0.0.1", service, flags: AI_NUMERICSERV) == .failed(.noName))
            #expect(answer("127.0.0.1", service, type: raw) == .failed(.service))
        }

        @Test func `no type gives stream, datagram and raw, in that order`() {
            #expect(
                answer("127.0.0.1", type: 0)
                    == .answered([
                        entry(loopback4, 80, stream, 6), entry(loopback4, 80, datagram, 17),
                        entry(loopback4, 80, raw, 0),
                    ])
            )
        }

        @Test(
            arguments: [
                (1, 0, 1, 6), (1, 6, 1, 6), (1, 132, 1, 132), (2, 0, 2, 17), (2, 17, 2, 17), (2, 136, 2, 136),
                (5, 0, 5, 132),
                (5, 132, 5, 132), (6, 0, 6, 33), (0, 6, 1, 6), (0, 17, 2, 17), (0, 132, 1, 132), (0, 136, 2, 136),
                (0, 33, 6, 33),
            ] as [(Int32, Int32, Int32, Int32)]
        )
        func `type and protocol complete each other`(
            type: Int32,
            number: Int32,
            socketType: Int32,
            protocolNumber: Int32
        ) {
            #expect(
                answer("::1", type: type, number: number)
                    == .answered([entry(loopback6, 80, socketType, protocolNumber)])
            )
        }

        @Test(
            arguments: [
                (1, 17), (2, 6), (1, 136), (5, 6), (4, 0), (1 | 0o4000, 0), (1 | 0o2000000, 6), (-1, 0), (10, 0),
                (99, 0),
            ] as [(Int32, Int32)]
        )
        func `what does not go together is told, before the host is read`(type: Int32, number: Int32) {
            #expect(answer("::1", type: type, number: number) == .failed(.socketType))
            #expect(answer("db.example.org", nil, type: type, number: number) == .failed(.socketType))
        }

        @Test(arguments: [(3, 0), (3, 1), (0, 1), (3, 6), (0, 255), (0, -1)] as [(Int32, Int32)])
        func `raw takes any protocol and no service`(type: Int32, number: Int32) {
            #expect(
                answer("127.0.0.1", nil, type: type, number: number) == .answered([entry(loopback4, 0, raw, number)])
            )
            #expect(answer("127.0.0.1", "80", type: type, number: number) == .failed(.service))
        }

        @Test func `no host means this machine`() {
            #expect(answer(nil) == .answered([entry(loopback6), entry(loopback4)]))
            #expect(answer("*") == .answered([entry(loopback6), entry(loopback4)]))
            #expect(answer(nil, "") == .answered([entry(loopback6, 0), entry(loopback4, 0)]))
            #expect(answer(nil, flags: AI_PASSIVE) == .answered([entry(any4), entry(any6)]))
            #expect(answer(nil, family: AF_INET) == .answered([entry(loopback4)]))
            #expect(answer(nil, family: AF_INET6, flags: AI_V4MAPPED | AI_ALL) == .answered([entry(loopback6)]))
            #expect(answer(nil, family: AF_INET, flags: AI_PASSIVE) == .answered([entry(any4)]))
            #expect(answer(nil, family: AF_INET6, flags: AI_PASSIVE) == .answered([entry(any6)]))
            #expect(answer(nil, flags: AI_NUMERICHOST) == .answered([entry(loopback6), entry(loopback4)]))
        }

        @Test func `neither host nor service is nothing to look for`() {
            for host in [nil, "*"] {
                for service in [nil, "*"] {
                    #expect(answer(host, service, family: 99, flags: -1) == .failed(.noName))
                }
            }
            #expect(answer("") == .failed(.noName))
        }

        @Test func `a literal of the other family has no address there`() throws {
            #expect(answer("127.1", family: AF_INET6) == .failed(.addressFamily))
            #expect(answer("::1", family: AF_INET) == .failed(.addressFamily))
            #expect(answer("::1%", family: AF_INET) == .failed(.addressFamily))
            #expect(answer("::1", family: AF_INET, flags: AI_V4MAPPED) == .failed(.addressFamily))
        }

        @Test func `mapped addresses cross the families`() throws {
            let mapped = IPAddress.v6(try IPv6Address("::ffff:127.0.0.1"), zone: nil)
            #expect(answer("127.1", family: AF_INET6, flags: AI_V4MAPPED) == .answered([entry(mapped)]))
            #expect(answer("::ffff:127.0.0.1", family: AF_INET) == .answered([entry(loopback4)]))
            #expect(answer("::ffff:127.0.0.1%7", family: AF_INET) == .answered([entry(loopback4)]))
            #expect(answer("::ffff:127.0.0.1") == .answered([entry(mapped)]))
            #expect(answer("127.1", flags: AI_V4MAPPED | AI_ALL) == .answered([entry(loopback4)]))
            // glibc judges 254.128/10 to be link-local here.
            let ipv4 = IPAddress.v4(IPv4Address(bits: 0xFE80_0001))
            #expect(answer("::ffff:254.128.0.1%lo", family: AF_INET) == .answered([entry(ipv4)]))
            #expect(answer("::ffff:254.128.0.1%nosuch0", family: AF_INET) == .failed(.noName))
            #expect(answer("::ffff:254.128.0.1%lo") == .failed(.noName))
        }

        @Test func `the canonical name is the text, in the first entry`() throws {
            #expect(
                answer("127.1", type: 0, flags: AI_CANONNAME)
                    == .answered(
                        AddressInfoList(
                            [
                                entry(loopback4, 80, stream, 6), entry(loopback4, 80, datagram, 17),
                                entry(loopback4, 80, raw, 0),
                            ],
                            canonicalName: "127.1"
                        )
                    )
            )
            let address = IPAddress.v6(try IPv6Address("fe80::1"), zone: .index(7))
            #expect(
                answer("FE80::0001%07", flags: AI_CANONNAME)
                    == .answered(AddressInfoList(entry(address), canonicalName: "FE80::0001%07"))
            )
            // AI_CANONIDN turns A-labels back, and a literal has none.
            for flags in [0x80, 0xC0, 0x380] as [Int32] {
                #expect(answer("127.1", flags: AI_CANONNAME | flags) == answer("127.1", flags: AI_CANONNAME))
                #expect(
                    answer("FE80::0001%07", flags: AI_CANONNAME | flags) == answer("FE80::0001%07", flags: AI_CANONNAME)
                )
            }
            #expect(answer(nil, flags: AI_CANONNAME) == .failed(.badFlags))
        }

        @Test func `a zone that is none ends the matter`() {
            for host in ["fe80::1%", "fe80::1%nosuch0", "::1%lo", "::1%4294967296"] {
                #expect(answer(host) == .failed(.noName))
            }
        }

        @Test(
            arguments: Corpus.names.filter { $0 != "*" } + Corpus.nearlyIPv4 + Corpus.malformedIPv6
                + Corpus.ipv4WithZone
        )
        func `a name is looked up, or refused where it must be a number`(host: String) {
            #expect(answer(host) == .needsLookup)
            #expect(answer(host, flags: AI_NUMERICHOST) == .failed(.noName))
        }

        @Test func `unknown flags and families are refused`() {
            #expect(answer("127.1", flags: 0x800) == .failed(.badFlags))
            #expect(answer("127.1", family: 99, flags: -1) == .failed(.badFlags))
            #expect(answer("127.1", "http", family: 5, type: 4, flags: AI_NUMERICSERV) == .failed(.family))
            #expect(answer("127.1", flags: 0x300) == .answered([entry(loopback4)]))
        }

        @Test func `what hangs on the machine is left to the call`() {
            #expect(answer("127.1", flags: AI_ADDRCONFIG) == .needsLookup)
            #expect(answer("127.1", family: AF_INET, type: 4, flags: AI_ADDRCONFIG) == .needsLookup)
            // … where the machine can make a difference.
            #expect(answer("127.1", family: 99, flags: AI_ADDRCONFIG) == .failed(.family))
            #expect(answer("127.1", flags: AI_ADDRCONFIG | 0x800) == .failed(.badFlags))
            // Internationalised names: plain text is untouched by them, anything else is a library's business.
            #expect(answer("127.1", flags: 0x40) == .answered([entry(loopback4)]))
            #expect(answer("１２７.1", flags: 0x40 | AI_NUMERICHOST) == .needsLookup)
            #expect(answer("127.1", flags: 0xC0) == .answered([entry(loopback4)]))
            #expect(answer("fe80::1%xn--9ca", flags: 0x80 | AI_CANONNAME) == .needsLookup)
        }

        @Test func `what holds a NUL is refused whole`() {
            #expect(answer("127.0.0.1\0.example.org") == .failed(.noName))
            #expect(answer("db.example.org\0") == .failed(.noName))
            #expect(answer("\0") == .failed(.noName))
            #expect(answer("127.0.0.1", "80\0") == .failed(.service))
        }

        @Test(arguments: [64 << 10, 1 << 20])
        func `a huge host or service is answered in one pass`(size: Int) {
            let nines = String(repeating: "9", count: size)
            let zeros = String(repeating: "0", count: size)
            #expect(answer(nines, flags: AI_NUMERICHOST) == .failed(.noName))
            #expect(answer("127.0.0.1", nines, knowing: LocalFacts(services: ServicesFile([]))) == .failed(.service))
            #expect(answer("127.0.0.1", zeros + "80") == .answered([entry(loopback4)]))
            #expect(answer(zeros + "177.1") == .answered([entry(loopback4)]))
        }
    }
#endif
