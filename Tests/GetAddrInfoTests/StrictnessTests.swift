// SPDX-License-Identifier: Apache-2.0

import AddressInfoOracle
import GetAddrInfo
import IPAddresses
import Testing

@Suite struct `Strict reading` {
    private func answer(_ host: String?, _ service: String?, _ strictness: Strictness = .strict) -> NumericAnswer {
        AddressInfoQuestion(host: host, service: service, socketType: 1).numericAnswer(strictness: strictness)
    }

    @Test(arguments: Corpus.legacyIPv4)
    func `what inet_aton alone reads is refused, and what it would have been is told`(text: String, dotted: String)
        throws
    {
        let address = try IPv4Address(dotted)
        #expect(NumericHost(text, strictness: .strict) == .refused(.legacyForm(address)))
        #if canImport(Glibc)
            #expect(answer(text, "80") == .refused(.host(address)))
        #endif
        #expect(NumericHostRefusal.legacyForm(address).description.contains("write \(dotted)"))
    }

    @Test(arguments: Corpus.plainIPv4 + Corpus.ipv6 + ["fe80::1%7", "::1%0"])
    func `plain literals are read alike`(text: String) {
        #expect(NumericHost(text, strictness: .strict) == NumericHost(text))
        #expect(answer(text, "80") == answer(text, "80", .system))
        #expect(answer(text, nil) == answer(text, nil, .system))
    }

    @Test(arguments: Corpus.names + Corpus.nearlyIPv4)
    func `names stay names`(text: String) {
        #expect(NumericHost(text, strictness: .strict) == .name)
    }

    #if canImport(Glibc)
        @Test(arguments: [" 80", "+80", "080", "65536", "-0", "00", "http", "80x", "4294967376"])
        func `a service that is no plain port is refused`(service: String) {
            #expect(answer("127.0.0.1", service) == .refused(.service))
            #expect(answer("db.example.org", service) == .refused(.service))
        }
    #endif

    @Test(arguments: ["0", "1", "80", "65535"])
    func `plain ports are read`(service: String) throws {
        #expect(answer("127.0.0.1", service) == answer("127.0.0.1", service, .system))
    }
}
