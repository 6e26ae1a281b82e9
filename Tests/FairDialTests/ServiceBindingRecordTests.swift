// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import Testing

@testable import FairDial

@Suite struct `What a record offers to whom (RFC 9460 §§7.1, 8)` {
    private func binding(_ text: String, for request: BindingRequest) throws -> ServiceBinding? {
        ServiceBinding(try SVCBRecord(presentation: text), for: request)
    }

    @Test func `every part is taken over, IPv6 hints before IPv4 ones`() throws {
        let text = "7 far.example.net alpn=h2,h3 port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"
        let expected = ServiceBinding(
            priority: 7,
            target: "far.example.net",
            port: 8_443,
            hints: [Destinations.six1, Destinations.four1, Destinations.four2],
            protocols: ["h2", "h3", "http/1.1"]
        )
        #expect(try binding(text, for: .https(protocols: [])) == expected)
    }

    @Test(arguments: [
        ("1 . alpn=h2,h3", ["h3", "h2", "http/1.1"], ["h2", "h3", "http/1.1"]),
        ("1 . alpn=h2,h3", ["h3"], ["h3"]), ("1 . alpn=h3", ["h2", "http/1.1"], ["http/1.1"]),
        ("1 . alpn=h3 no-default-alpn", ["h2", "http/1.1"], nil), ("1 .", ["http/1.1"], ["http/1.1"]),
        ("1 .", ["h2"], nil), ("1 . alpn=http/1.1,h2", [], ["http/1.1", "h2"]),
    ])
    func `the protocols that both speak are told in the record's order`(
        text: String,
        spoken: [String],
        expected: [String]?
    ) throws {
        #expect(try binding(text, for: .https(protocols: spoken))?.protocols == expected)
    }

    @Test func `a scheme without a protocol of its own offers what the record says, and no more`() throws {
        let dns = BindingRequest.scheme("dns", defaultPort: 53, protocols: ["dot"])
        #expect(try binding("1 . alpn=dot,h2", for: dns)?.protocols == ["dot"])
        #expect(try binding("1 .", for: dns) == nil)
        #expect(try binding("1 .", for: .scheme("dns"))?.protocols == [])
    }

    @Test(arguments: [
        ("1 . alpn=h2 port=1 mandatory=alpn,port", true), ("1 . ipv4hint=192.0.2.1 mandatory=ipv4hint", true),
        ("1 . key667=x mandatory=key667", false),
        ("1 . key667=x", true), ("0 far.example.net", false),
    ])
    func `a key that must be understood and is not makes a record useless`(text: String, isUseful: Bool) throws {
        #expect((try binding(text, for: .https()) != nil) == isUseful)
    }

    @Test func `a record that says port 0 is of no use: nobody can connect there`() throws {
        #expect(try binding("1 . port=0", for: .https()) == nil)
        #expect(try binding("1 . port=1", for: .https())?.port == 1)
    }

    @Test func `the records' name has the port before it where that is not the scheme's own`() {
        #expect(BindingRequest.https().question(forPort: 443) == .https(port: 443))
        #expect(BindingRequest.https().question(forPort: 8_443) == .https(port: 8_443))
        let dns = BindingRequest.scheme("dns", defaultPort: 53)
        #expect(dns.question(forPort: 53) == .scheme("dns"))
        #expect(dns.question(forPort: 853) == .scheme("dns", port: 853))
    }
}
