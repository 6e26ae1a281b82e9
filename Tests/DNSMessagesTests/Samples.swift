// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses

/// One record of every type, and a message with all of them.
enum Samples {
    static func name(_ text: String) -> DomainName {
        guard let name = try? DomainName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static var data: [any RecordData] {
        get throws {
            let hints = [UInt8](repeating: 1, count: 16)
            let binding = SVCBRecord(
                priority: 1,
                target: name("svc.example.org"),
                parameters: try ServiceParameters([
                    ServiceParameter(key: .alpn, value: [2] + "h2".utf8),
                    ServiceParameter(key: .port, value: [0x20, 0xFB]),
                    ServiceParameter(key: .ipv4Hint, value: [192, 0, 2, 1, 192, 0, 2, 2]),
                    ServiceParameter(key: .ipv6Hint, value: hints),
                    ServiceParameter(key: .mandatory, value: [0, 1, 0, 3]),
                ])
            )
            return [
                ARecord(try IPv4Address("192.0.2.1")),
                AAAARecord(try IPv6Address("2001:db8::1")),
                CNAMERecord(name("www.example.org")),
                DNAMERecord(name("example.net")),
                NSRecord(name("ns.example.org")),
                PTRRecord(name("host.example.org")),
                MXRecord(preference: 10, exchange: name("mail.example.org")),
                TXTRecord([Array("one".utf8), [], [0, 34, 92, 255]]),
                SRVRecord(priority: 1, weight: 2, port: 27017, target: name("db.example.org")),
                SOARecord(
                    server: name("ns.example.org"),
                    mailbox: name(#"a\.b.example.org"#),
                    serial: 1,
                    refresh: 2,
                    retry: 3,
                    expire: 4,
                    minimum: .max
                ),
                NAPTRRecord(
                    order: 1,
                    preference: 2,
                    flags: Array("u".utf8),
                    services: Array("E2U+sip".utf8),
                    expression: Array("!^.*$!sip:info@example.org!".utf8),
                    replacement: .root
                ),
                CAARecord(flags: 128, tag: Array("issue".utf8), value: Array("ca.example.org".utf8)),
                binding,
                HTTPSRecord(binding),
                HTTPSRecord(SVCBRecord(priority: 0, target: .root)),
                UnknownRecord(type: RecordType(rawValue: 65_400), bytes: [1, 2, 3]),
                UnknownRecord(type: RecordType(rawValue: 65_401), bytes: []),
            ]
        }
    }

    static var message: Message {
        get throws {
            var header = Header(identifier: 0x1234)
            header.isResponse = true
            header.wantsRecursion = true
            let records = try data.map { Record(name: name("example.org"), timeToLive: 300, data: $0) }
            let options = Record(
                name: .root,
                recordClass: RecordClass(rawValue: 1232),
                timeToLive: 0x0100_8000,
                data: OPTRecord([OPTRecord.Option(code: 10, value: [1, 2, 3, 4, 5, 6, 7, 8])])
            )
            return Message(
                header: header,
                questions: [Question(name: name("Example.ORG"), type: .any)],
                answers: records,
                authorities: Array(records.prefix(3)),
                additionals: [options] + records.suffix(2)
            )
        }
    }
}
