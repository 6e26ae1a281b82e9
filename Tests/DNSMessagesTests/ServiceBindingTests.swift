// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import Testing

/// RFC 9460 §2, appendix D.
struct ServiceBindingTests {
    @Test(arguments: [
        "1 . alpn=\"\"", "1 . port=65536", "1 . port=", "1 . ipv4hint=1.2.3", "1 . ipv4hint=", "1 . ipv6hint=1.2.3.4",
        "1 . key0=x", "1 . mandatory=port", "1 . mandatory=mandatory", "1 . mandatory=port,port port=1",
        "1 . port=1 port=2", "1 . no-default-alpn", "1 . no-default-alpn=x alpn=h2", "1 . key65535=x", "1 . key007=x",
        "1 . alpn=\\", "1 . alpn=\"h2", "1 . nonsense=1", "65536 .", "1", "", "x .", #"1 . alpn=h2\\"#,
    ])
    func `parameters that break a rule are refused`(_ text: String) {
        #expect(throws: MessageError.self) { try SVCBRecord(presentation: text) }
    }

    @Test(arguments: [
        [0, 1, 0, 0, 3, 0, 2, 0, 80, 0, 1, 0, 3, 2, 104, 50], [0, 1, 0, 0, 3, 0, 2, 0, 80, 0, 3, 0, 2, 0, 81],
    ])
    func `on the wire the keys must rise`(_ data: [UInt8]) {
        let bytes: [UInt8] =
            [0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0, 1, 0, 0, 0, 0, 0, UInt8(data.count)] + data
        let error = #expect(throws: MessageError.self) { try Message(bytes) }
        #expect(error?.reason == .badData)
    }

    @Test func `by its number a key's value is what stands on the wire`() throws {
        let record = try SVCBRecord(presentation: #"1 . key3="\000\080" key5="\001\255" key1="\002h2""#)
        #expect(record.parameters.port == 80)
        #expect(record.parameters.protocols == [Array("h2".utf8)])
        #expect(record.parameters[.ech] == [1, 255])
        #expect(try SVCBRecord(presentation: record.description) == record)
        #expect(throws: MessageError.self) { try SVCBRecord(presentation: "1 . ech=AAA=") }
    }

    @Test func `parameters are to be had as what they mean`() throws {
        let record = try SVCBRecord(
            presentation:
                "3 svc.example. alpn=h3,h2 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 no-default-alpn mandatory=port"
        )
        #expect(record.parameters.protocols == ["h3", "h2"].map { Array($0.utf8) })
        #expect(record.parameters.port == 8443)
        #expect(record.parameters.ipv4Hints.map(\.description) == ["192.0.2.1"])
        #expect(record.parameters.ipv6Hints.map(\.description) == ["2001:db8::1"])
        #expect(record.parameters.mandatory == [.port])
        #expect(record.parameters.excludesDefaultProtocol)
        #expect(!record.isAlias)
    }

    @Test(.enabled(if: Vectors.areHere, "needs the vectors beside the project"))
    func `the vectors are read both ways`() throws {
        let texts = try Vectors.entries("svcb_test_vectors.text")
        let generics = try Vectors.entries("svcb_test_vectors.generic")
        #expect(texts.count == generics.count && texts.count >= 10)
        for (text, generic) in zip(texts, generics) {
            let wire = try #require(Vectors.bytes(ofGeneric: generic))
            let fromText = try SVCBRecord(presentation: text)
            let header: [UInt8] = [
                0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0, 1, 0, 0, 0, 0, 0, UInt8(wire.count),
            ]
            let record = try #require(Message(header + wire).answers.first?.data as? SVCBRecord)
            #expect(record == fromText)
            let written = try Message(
                header: Header(identifier: 1, bits: 0x8000),
                answers: [Record(name: .root, timeToLive: 0, data: fromText)]
            ).bytes()
            #expect(written == header + wire)
            #expect(try SVCBRecord(presentation: record.description) == record)
        }
    }
}
