// SPDX-License-Identifier: Apache-2.0

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

/// Only questions that the system answers on the spot.
@Suite struct `Address info call` {
    @Test func `address, port, type and protocol come through`() throws {
        let question = AddressInfoQuestion(
            host: "192.0.2.10",
            service: "27017",
            family: AF_INET,
            socketType: 1,
            flags: AI_NUMERICHOST
        )
        let expected = AddressInfo(
            socketType: 1,
            protocolNumber: 6,
            endpoint: Endpoint(address: .v4(IPv4Address(bits: 0xc000_020a)), port: 27017)
        )
        #expect(AddressInfoCall.getaddrinfo(question) == .success([expected]))
    }

    @Test func `a scope comes through as the zone, the canonical name with the whole answer`() throws {
        let question = AddressInfoQuestion(
            host: "fe80::1:2%7",
            service: "53",
            family: AF_INET6,
            flags: AI_NUMERICHOST | AI_CANONNAME
        )
        let entries = try AddressInfoCall.getaddrinfo(question).get()
        let endpoint = Endpoint(address: .v6(try IPv6Address("fe80::1:2"), zone: .index(7)), port: 53)
        try #require(entries.count >= 2)
        #expect(entries.allSatisfy { $0.endpoint == endpoint && $0.flowInfo == 0 })
        #if canImport(Glibc)
            #expect(entries.canonicalName == "fe80::1:2%7")
            #expect(entries.map(\.socketType) == [1, 2, 3])
        #endif
    }

    @Test(arguments: ["127.0.0.1\0", "127.0.0.1\0.example.org", "\0", "127.0.0.1\0\0"])
    func `a NUL never reaches the call`(text: String) {
        #expect(AddressInfoCall.getaddrinfo(AddressInfoQuestion(host: text, service: "80")) == .failure(.noName))
        #expect(
            AddressInfoCall.getaddrinfo(AddressInfoQuestion(host: "127.0.0.1", service: "80\0")) == .failure(.service)
        )
    }

    @Test func `a failure is the call's own error`() {
        func error(_ question: AddressInfoQuestion) -> AddressInfoError? {
            guard case .failure(let error) = AddressInfoCall.getaddrinfo(question) else { return nil }
            return error
        }
        #expect(error(AddressInfoQuestion(host: nil, service: nil)) == .noName)
        #expect(error(AddressInfoQuestion(host: "x.example", service: "80", flags: AI_NUMERICHOST)) == .noName)
        #expect(error(AddressInfoQuestion(host: "127.0.0.1", service: "80", family: 99)) == .family)
        #if canImport(Glibc)
            #expect(error(AddressInfoQuestion(host: "127.0.0.1", service: "80", flags: 0x800)) == .badFlags)
            #expect(error(AddressInfoQuestion(host: "127.0.0.1", service: "80", socketType: 4)) == .socketType)
            #expect(error(AddressInfoQuestion(host: "127.0.0.1", service: "80", family: AF_INET6)) == .addressFamily)
            #expect(error(AddressInfoQuestion(host: "127.0.0.1", service: "80", socketType: 3)) == .service)
        #endif
    }

    @Test func `a huge host is an answer like any other`() {
        let question = AddressInfoQuestion(
            host: String(repeating: "9", count: 1 << 20),
            service: "80",
            flags: AI_NUMERICHOST
        )
        #expect(AddressInfoCall.getaddrinfo(question) == .failure(.noName))
    }
}
