// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import Testing

struct RoundTripTests {
    @Test func `a message with every type of record is read as it was written`() throws {
        let message = try Samples.message
        let bytes = try message.bytes()
        #expect(try Message(bytes) == message)
        #expect(message.responseCode == .badVersion)
    }

    @Test func `every type of record is read as it was written, and prints as zone files have it`() throws {
        let texts = [
            "192.0.2.1", "2001:db8::1", "www.example.org", "example.net", "ns.example.org", "host.example.org",
            "10 mail.example.org", ##""one" "" "\000\"\\\255""##, "1 2 27017 db.example.org",
            #"ns.example.org a\.b.example.org 1 2 3 4 4294967295"#,
            #"1 2 "u" "E2U+sip" "!^.*$!sip:info@example.org!" ."#, #"128 issue "ca.example.org""#,
            #"1 svc.example.org mandatory=alpn,port alpn="h2" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=101:101:101:101:101:101:101:101"#,
            #"1 svc.example.org mandatory=alpn,port alpn="h2" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=101:101:101:101:101:101:101:101"#,
            "0 .", "\\# 3 010203", "\\# 0",
        ]
        let all = try Samples.data
        #expect(all.map { "\($0)" } == texts)
        for data in all {
            let record = Record(name: Samples.name("a.example.org"), timeToLive: 1, data: data)
            let bytes = try Message(header: Header(identifier: 1), answers: [record]).bytes()
            #expect(try Message(bytes).answers == [record])
        }
    }

    @Test func `names are compressed where RFC 1035 has the type, and nowhere else`() throws {
        func length(of data: any RecordData) throws -> Int {
            let record = Record(name: Samples.name("a.example.org"), timeToLive: 1, data: data)
            return try Message(header: Header(identifier: 1), answers: [record]).bytes().count - Header.length - 15 - 10
        }
        let name = Samples.name("b.example.org")
        #expect(try length(of: CNAMERecord(name)) == 4)
        #expect(try length(of: MXRecord(preference: 1, exchange: name)) == 6)
        #expect(try length(of: DNAMERecord(name)) == name.wire.count)
        #expect(try length(of: SRVRecord(priority: 1, weight: 1, port: 1, target: name)) == 6 + name.wire.count)
        // Another case is another text, which a pointer would lose.
        #expect(try length(of: CNAMERecord(Samples.name("b.EXAMPLE.org"))) == 2 + 8 + 2)
    }

    @Test func `what does not fit sixteen bits is refused, not cut`() throws {
        let text = [UInt8](repeating: 0, count: 255)
        let record = Record(name: .root, timeToLive: 0, data: TXTRecord(Array(repeating: text, count: 256)))
        let message = Message(header: Header(identifier: 1), answers: [record])
        let error = #expect(throws: MessageError.self) { try message.bytes() }
        #expect(error?.reason == .tooLarge)
        let long = Record(name: .root, timeToLive: 0, data: TXTRecord([[UInt8](repeating: 0, count: 256)]))
        #expect(throws: MessageError.self) { try Message(header: Header(identifier: 1), answers: [long]).bytes() }
    }

    @Test func `a name beyond the reach of a pointer is written out`() throws {
        let filler = Record(
            name: .root,
            timeToLive: 0,
            data: TXTRecord(Array(repeating: [UInt8](repeating: 1, count: 255), count: 70))
        )
        let far = Record(name: Samples.name("far.example.org"), timeToLive: 1, data: CNAMERecord(.root))
        let message = Message(header: Header(identifier: 1), answers: [filler, far, far])
        #expect(try Message(message.bytes()) == message)
    }
}
