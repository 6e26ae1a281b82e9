// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@testable import GetAddrInfo

/// Darwin's ways, from Apple's source (Libinfo, `si_getaddrinfo.c`, 2018): numbers are Darwin's own. Not yet run on a
/// Mac.
@Suite struct `Darwin's dialect` {
    private enum Number {
        static let inet6: Int32 = 30
        static let passive: Int32 = 0x1
        static let canonicalName: Int32 = 0x2
        static let numericHost: Int32 = 0x4
        static let mappedIfConfigured: Int32 = 0x200
        static let asConfigured: Int32 = 0x400
        static let mapped: Int32 = 0x800
        static let numericService: Int32 = 0x1000
        static let badFlags = AddressInfoError(code: 3)
        static let family = AddressInfoError(code: 5)
        static let noName = AddressInfoError(code: 8)
        static let badHints = AddressInfoError(code: 12)
    }

    private func answer(
        _ host: String?,
        _ service: String? = "80",
        family: Int32 = 0,
        type: Int32 = 1,
        number: Int32 = 0,
        flags: Int32 = Number.numericHost
    ) -> NumericAnswer {
        let hints = AddressInfoHints(family: family, socketType: type, protocolNumber: number, flags: flags)
        let interfaces = InterfaceTable(names: [("en0", 4)], addresses: [])
        return host.withOptionalUTF8Bytes { host in
            service.withOptionalUTF8Bytes { service in
                NumericReading(dialect: .darwin, hints: hints, strictness: .system)
                    .answer(host: host, service: service) { LocalFacts(interfaces: interfaces) }
            }
        }
    }

    private func entry(_ address: String, _ port: UInt16 = 80, _ type: Int32 = 1, _ number: Int32 = 6) throws
        -> AddressInfo
    {
        AddressInfo(
            socketType: type,
            protocolNumber: number,
            endpoint: Endpoint(address: try IPAddress(address), port: port)
        )
    }

    @Test func `no type gives datagram and stream, in that order, and no raw`() throws {
        #expect(answer("::1", type: 0) == .answered([try entry("::1", 80, 2, 17), try entry("::1", 80, 1, 6)]))
        #expect(answer("::1", type: 0, number: 6) == .answered([try entry("::1")]))
    }

    @Test func `an empty text is NULL`() throws {
        #expect(answer("", "") == .failed(Number.noName))
        #expect(answer(nil, nil) == .failed(Number.noName))
        #expect(answer("", "80", family: 2) == .answered([try entry("127.0.0.1")]))
        #expect(answer("::1", "") == .answered([try entry("::1", 0)]))
        #expect(answer("*") == .failed(Number.noName))
    }

    @Test(arguments: [("0", 0), ("65535", 65535), (" 80", 80), ("+80", 80), ("080", 80)] as [(String, UInt16)])
    func `a port is a number within 0 … 65535`(service: String, port: UInt16) throws {
        #expect(answer("::1", service) == .answered([try entry("::1", port)]))
    }

    @Test(arguments: ["65536", "99999", "-1", "4294967376"])
    func `any other number is a service that nobody has`(service: String) {
        #expect(answer("::1", service) == .failed(Number.noName))
    }

    @Test func `a service by name is looked up, or refused where it must be a number`() {
        #expect(answer("::1", "http") == .needsLookup)
        #expect(answer("::1", "http", flags: Number.numericService) == .failed(Number.noName))
    }

    @Test(arguments: [(1, 17), (2, 6), (4, 0), (5, 0), (1 | 0o4000, 0), (1, 132), (99, 0)] as [(Int32, Int32)])
    func `what does not go together is BADHINTS`(type: Int32, number: Int32) {
        #expect(answer("::1", type: type, number: number) == .failed(Number.badHints))
    }

    @Test func `raw sockets are left to the call`() {
        #expect(answer("::1", type: 3) == .needsLookup)
        #expect(answer("::1", type: 0, number: 58) == .needsLookup)
    }

    @Test func `a literal of the wrong family has no name`() {
        #expect(answer("127.0.0.1", family: Number.inet6) == .failed(Number.noName))
        #expect(answer("::1", family: 2) == .failed(Number.noName))
        #expect(answer("::1", family: 10) == .failed(Number.family))
    }

    @Test func `a zone is digits or a name on any address, and an unknown name is none`() throws {
        #expect(answer("::1%7") == .answered([try entry("::1%7")]))
        #expect(answer("2001:db8::1%en0") == .answered([try entry("2001:db8::1%4")]))
        #expect(answer("fe80::1%nosuch0") == .answered([try entry("fe80::1")]))
        // What `atoi` would make of these is not known here.
        for zone in ["", "4x", "99999999999"] { #expect(answer("fe80::1%\(zone)") == .needsLookup) }
    }

    @Test func `there is no canonical name for a literal, and localhost's for NULL`() throws {
        let flags = Number.numericHost | Number.canonicalName
        #expect(answer("::1", flags: flags) == .answered([try entry("::1")]))
        #expect(
            answer(nil, family: Number.inet6, flags: Number.canonicalName)
                == .answered(AddressInfoList(try entry("::1"), canonicalName: "localhost"))
        )
    }

    @Test func `an IPv4 literal can reach the system, which may put an IPv6 address in its place`() throws {
        #expect(answer("192.0.2.1", flags: 0) == .needsLookup)
        #expect(answer("192.0.2.1") == .answered([try entry("192.0.2.1")]))
        for address in ["127.0.0.1", "169.254.1.1", "224.0.0.1"] {
            #expect(answer(address, flags: 0) == .answered([try entry(address)]))
        }
        #expect(answer("2001:db8::1", flags: 0) == .answered([try entry("2001:db8::1")]))
    }

    @Test func `what nobody has looked at is left to the call`() {
        #expect(answer("127.1") == .needsLookup)
        #expect(answer(nil) == .needsLookup)
        #expect(answer("127.0.0.1", family: Number.inet6, flags: Number.mapped) == .needsLookup)
        for flag in [Number.asConfigured, Number.mappedIfConfigured, 0x1000_0000] {
            #expect(answer("::1", flags: flag) == .needsLookup)
        }
    }

    @Test(arguments: [0x8, 0x10, 0x2000, -1] as [Int32])
    func `unknown flags are refused`(flags: Int32) {
        #expect(answer("::1", flags: flags) == .failed(Number.badFlags))
    }
}
