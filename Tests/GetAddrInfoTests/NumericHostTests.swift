// SPDX-License-Identifier: Apache-2.0

import AddressInfoOracle
import GetAddrInfo
import IPAddresses
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `Numeric host` {
    @Test(arguments: Corpus.legacyIPv4)
    func `IPv4 is read as inet_aton reads it`(text: String, dotted: String) throws {
        #expect(NumericHost(text) == .address(.v4(try IPv4Address(dotted))))
    }

    @Test(arguments: Corpus.plainIPv4)
    func `dotted decimal is what the strict value reads`(text: String) throws {
        #expect(NumericHost(text) == .address(.v4(try IPv4Address(text))))
    }

    @Test(arguments: Corpus.nearlyIPv4 + Corpus.names)
    func `what is nearly an address is a name`(text: String) {
        #expect(NumericHost(text) == .name)
    }

    @Test(arguments: Corpus.ipv6)
    func `IPv6 is what the strict value reads`(text: String) throws {
        #expect(NumericHost(text) == .address(.v6(try IPv6Address(text), zone: nil)))
    }

    @Test(arguments: Corpus.malformedIPv6)
    func `what is shaped like IPv6 and is none is refused`(text: String) {
        guard case .refused(.malformed) = NumericHost(text) else {
            Issue.record("\(text) was not refused as malformed")
            return
        }
    }

    @Test(arguments: Corpus.ipv6)
    func `a zone of digits is an index on any IPv6 address`(text: String) throws {
        let address = try IPv6Address(text)
        #expect(NumericHost("\(text)%7") == .address(.v6(address, zone: .index(7))))
        #expect(NumericHost("\(text)%01") == .address(.v6(address, zone: .index(1))))
        #expect(NumericHost("\(text)%4294967295") == .address(.v6(address, zone: .index(.max))))
        #expect(NumericHost("\(text)%0") == .address(.v6(address, zone: nil)))
    }

    @Test(arguments: ["fe80::1", "febf::1", "ff01::1", "ff02::1", "ff12::1", "ff31::1"])
    func `a zone by name is the interface's index on addresses of one link`(text: String) throws {
        let index = if_nametoindex(loopbackInterface)
        try #require(index != 0)
        #expect(
            NumericHost("\(text)%\(loopbackInterface)") == .address(.v6(try IPv6Address(text), zone: .index(index)))
        )
        #expect(NumericHost("\(text)%nosuch0") == .refused(.unknownInterface("nosuch0")))
    }

    @Test(arguments: ["::1", "2001:db8::1", "fec0::1", "fe7f::1", "ff05::1", "ff00::1", "::ffff:1.2.3.4", "fd00::2"])
    func `a zone by name is refused on wider addresses`(text: String) {
        #expect(NumericHost("\(text)%\(loopbackInterface)") == .refused(.namedZoneBeyondLink(loopbackInterface)))
    }

    @Test(arguments: [
        ("fe80::1%", NumericHostRefusal.emptyZone), ("::1%", .emptyZone), ("::1%4294967296", .zoneTooLarge),
        ("fe80::1%99999999999999999999999999", .zoneTooLarge), ("fe80::1%-1", .unknownInterface("-1")),
        ("fe80::1%+4", .unknownInterface("+4")), ("fe80::1% 4", .unknownInterface(" 4")),
        ("fe80::1%0x4", .unknownInterface("0x4")), ("fe80::1%lo%x", .unknownInterface("lo%x")),
        ("fe80::1%lo\0", .unknownInterface("lo\0")), ("::1%scope%", .namedZoneBeyondLink("scope%")),
        ("127.0.0.1%lo", .zoneOnIPv4), ("127.1%1", .zoneOnIPv4), ("0x7f.1%", .zoneOnIPv4), ("", .empty),
    ])
    func `a refusal says why`(text: String, refusal: NumericHostRefusal) {
        #expect(NumericHost(text) == .refused(refusal))
        #expect(throws: refusal) { try NumericHost(text).endpoint(port: 80) }
    }

    @Test func `a refusal is a line that can be logged`() {
        let long = NumericHostRefusal.unknownInterface("\u{1b}[31m\n" + String(repeating: "x", count: 100_000))
            .description
        #expect(
            long == "no interface \"\u{FFFD}[31m\u{FFFD}" + String(repeating: "x", count: 26) + "…\" on this machine"
        )
        #expect(NumericHostRefusal.zoneOnIPv4.description == "an IPv4 address cannot have a zone")
        #expect(NumericHostRefusal.namedZoneBeyondLink("lo").description.contains("\"lo\""))
        #expect(NumericHostRefusal.interfacesUnavailable(errno: 24).description.contains("errno 24"))
    }

    @Test func `an address becomes an endpoint, a name none`() throws {
        #expect(
            try NumericHost("127.1").endpoint(port: 27017)
                == Endpoint(address: .v4(IPv4Address(bits: 0x7f00_0001)), port: 27017)
        )
        #expect(
            try NumericHost("fe80::1%3").endpoint(port: 0)
                == Endpoint(address: .v6(try IPv6Address("fe80::1"), zone: .index(3)), port: 0)
        )
        #expect(try NumericHost("db.example.org").endpoint(port: 80) == nil)
    }

    @Test func `a part of a text reads like the text`() {
        let text = "[fe80::1%7]:6379"
        #expect(NumericHost(text.dropFirst().prefix(9)) == NumericHost("fe80::1%7"))
        #expect(NumericHost("x127.1y".dropFirst().dropLast()) == NumericHost("127.1"))
        #expect(NumericHost("x".dropFirst()) == .refused(.empty))
    }

    @Test(arguments: [64 << 10, 1 << 20])
    func `huge hosts are read or refused in one pass`(size: Int) throws {
        func long(_ piece: String) -> String { String(repeating: piece, count: size / piece.utf8.count) }
        #expect(NumericHost(long("a")) == .name)
        #expect(NumericHost(long("9")) == .name)
        #expect(NumericHost(long("1.")) == .name)
        #expect(NumericHost(long("a.")) == .name)
        // strtoul skips as many zeros as there are.
        #expect(NumericHost(long("0") + "1") == .address(.v4(IPv4Address(bits: 1))))
        #expect(NumericHost("fe80::1%" + long("0") + "1") == .address(.v6(try IPv6Address("fe80::1"), zone: .index(1))))
        #expect(NumericHost("fe80::1%" + long("9")) == .refused(.zoneTooLarge))
        #expect(NumericHost("fe80::1%" + long("x")) == .refused(.unknownInterface(long("x"))))
        for malformed in [long("::"), long("1:"), "::" + long("0")] {
            guard case .refused(.malformed) = NumericHost(malformed) else {
                Issue.record("\(malformed.prefix(10))… was not refused as malformed")
                return
            }
        }
    }

    #if os(Linux) || os(macOS)
        @Test func `without descriptors only a zone by name fails, and not for the address's sake`() async {
            await #expect(processExitsWith: .success) {
                var none = rlimit(rlim_cur: 0, rlim_max: 0)
                #if canImport(Glibc)
                    let limited = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
                #else
                    let limited = setrlimit(RLIMIT_NOFILE, &none)
                #endif
                let named = NumericHost("fe80::1%\(loopbackInterface)")
                let numbered = NumericHost("fe80::1%1")
                let legacy = NumericHost("127.1")
                guard limited == 0, case .refused(.interfacesUnavailable) = named,
                    case .address(.v6(_, zone: .index(1))) = numbered, case .address = legacy
                else { exit(1) }
                exit(0)
            }
        }
    #endif
}

private var loopbackInterface: String {
    #if os(Linux)
        "lo"
    #else
        "lo0"
    #endif
}
