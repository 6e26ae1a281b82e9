// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import Testing

@Suite struct `Hosts` {
    @Test(arguments: [
        ("[fe80::1%25eth0]:27018", ServerHost.ipv6("fe80::1", zone: "eth0", port: 27_018)),
        ("[fe80::1%eth0]", .ipv6("fe80::1", zone: "eth0", port: nil)),
        ("[fe80::1%252]", .ipv6("fe80::1", zone: "2", port: nil)),
        ("[::ffff:1.2.3.4]", .ipv6("::ffff:1.2.3.4", zone: nil, port: nil)),
        ("[1:2:3:4:5:6:7:8]:1", .ipv6("1:2:3:4:5:6:7:8", zone: nil, port: 1)),
        ("01.2.3.4", .name("01.2.3.4", port: nil)),
        ("1.2.3.4:65535", .ipv4("1.2.3.4", port: 65_535)),
        ("a%2Db", .name("a-b", port: nil)),
        ("%2Frun%2Fa.sock", .unixSocket("/run/a.sock")),
    ])
    func `are read with ports, zones and paths`(text: String, host: ServerHost) throws {
        #expect(try ConnectionString("mongodb://\(text)").hosts == [host])
        #expect(try ConnectionString("mongodb://\(text),\(text)/?w=1").hosts == [host, host])
        if case .unixSocket = host { #expect(host.port == nil) } else { #expect(host.port != nil) }
    }

    @Test(arguments: [
        "[::1", "[::1]x", "[::1]:", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[12345::]",
        "[1:2:3:4::5:6:7:8]", "[::1.2.3]",
        "[fe80::1%25]", "[fe80::1%]", "[localhost]", "[]", "a:", "a:+1", "a:1_0", "a b", "a,", ",a", "a%00b", "a%",
        "%2Ftmp%2Fa%00.sock", "%2Ftmp%2Fa.sock:1", "a:0x1", "a:٣",
    ])
    func `that are none are refused`(text: String) {
        #expect(throws: ConnectionStringError.self) { try ConnectionString("mongodb://\(text)") }
    }

    @Test func `and texts without an end are refused`() {
        let many = "mongodb://" + Array(repeating: "a", count: 1_001).joined(separator: ",")
        #expect(throws: ConnectionStringError.self) { try ConnectionString(many) }
        let long = "mongodb://a/?appName=" + String(repeating: "x", count: 65_536)
        #expect(throws: ConnectionStringError.self) { try ConnectionString(long) }
    }

    /// Each is cut, doubled or damaged at each place; what is accepted can be printed and make its credential.
    @Test func `and junk never trap`() {
        let texts = [
            "mongodb://user:pass@[fe80::1%25eth0]:27017,%2Ftmp%2Fa.sock/db?tls=true&readPreferenceTags=a:b,c:d&w=2",
            "mongodb+srv://user@c.example.com/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s",
        ]
        var accepted = 0
        for text in texts {
            let characters = Array(text)
            for place in characters.indices {
                for junk in ["", "%", "%ff", "@", ":", "/", "?", ",", "&", "=", "[", "]", "\0", "é", "🙂", "%00", "::"] {
                    for skip in 0...1 {
                        let damaged = String(characters[..<place]) + junk + String(characters[(place + skip)...])
                        guard let string = try? ConnectionString(damaged) else { continue }
                        accepted += 1
                        _ = try? string.credential()
                        #expect(!string.description.contains("pass"))
                    }
                }
            }
        }
        #expect(accepted > 100)
    }
}
