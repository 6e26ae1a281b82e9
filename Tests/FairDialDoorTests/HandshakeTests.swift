// SPDX-License-Identifier: Apache-2.0

import FairDial
import Testing

@testable import FairDialDoor

/// What `Handshake` decides, in words that can be compared.
private func words(_ actions: [Handshake.Action]) -> [String] {
    actions.map { action in
        switch action {
        case .read: "read"
        case .dial(let target): "dial \(target)"
        case .cancelDial: "cancel"
        case .answer(let answer): "answer \(answer.text.split(separator: " ")[1])"
        case .endOutput: "end output"
        case .splice(let early, let hasEnded):
            "splice \(String(decoding: early, as: UTF8.self))" + (hasEnded ? ", ended" : "")
        case .close: "close"
        }
    }
}

@Suite struct `The handshake of an HTTP door` {
    private static let secret = DoorSecret()
    private static let second = Duration.seconds(1)

    private static func head(
        _ authority: String = "db.test:80",
        _ authorization: String? = secret.authorization
    ) -> String {
        "CONNECT \(authority) HTTP/1.1\r\nHost: x\r\n"
            + (authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? "") + "\r\n"
    }

    private static func begun() -> Handshake {
        let handshake = Handshake(.http(secret, headTimeout: .seconds(5)))
        #expect(words(handshake.begin()) == ["read"])
        return handshake
    }

    private static func refusal(_ status: Int) -> [String] { ["answer \(status)", "end output", "read"] }

    @Test func `a head in one piece is dialed, and what is behind it is kept`() {
        var handshake = Self.begun()
        #expect(handshake.wakeTime == .seconds(5))
        let actions = handshake.received((Self.head() + "early").utf8, at: Self.second)
        #expect(words(actions) == ["dial db.test:80", "read"])
        #expect(handshake.wakeTime == nil)
        #expect(words(handshake.received(" bird".utf8, at: Self.second)) == ["read"])
        #expect(words(handshake.dialed()) == ["answer 200", "splice early bird"])
        #expect(words(handshake.dialed()) == [])
        #expect(words(handshake.received("late".utf8, at: Self.second)) == [])
    }

    @Test func `a head byte by byte is the same`() {
        var handshake = Self.begun()
        for byte in Self.head().utf8.dropLast() {
            #expect(words(handshake.received([byte], at: .zero)) == ["read"])
        }
        #expect(words(handshake.received("\n".utf8, at: .zero)) == ["dial db.test:80", "read"])
    }

    @Test(
        arguments: [
            ("[::1]:443", "[::1]:443"), ("::1:443", "[::1]:443"), ("fe80::1%1:80", "[fe80::1%1]:80"),
            ("127.0.0.1:1", "127.0.0.1:1"), ("a.test.:65535", "a.test.:65535"),
        ]
    )
    func `the last colon ends the host`(authority: String, target: String) {
        var handshake = Self.begun()
        #expect(words(handshake.received(Self.head(authority).utf8, at: .zero)) == ["dial \(target)", "read"])
    }

    @Test(
        arguments: [
            "db.test", "db.test:", ":80", "db.test:0", "db.test:65536", "db.test:+80", "db.test:8 0", "[::1:80",
        ]
    )
    func `what is no host with a port is refused`(authority: String) {
        var handshake = Self.begun()
        #expect(words(handshake.received(Self.head(authority).utf8, at: .zero)) == Self.refusal(400))
    }

    @Test(
        arguments: [
            nil, "", "Bearer", "Bearer ", "Basic \(secret.token)", "Bearer \(secret.token)x", "Bearer  \(secret.token)",
            "Bearer \(secret.token.dropLast())", "Bearer \(DoorSecret().token)", "Bearer \(secret.token.uppercased())!",
        ] as [String?]
    )
    func `without the secret nothing is dialed`(authorization: String?) {
        var handshake = Self.begun()
        let actions = handshake.received(Self.head("db.test:80", authorization).utf8, at: .zero)
        #expect(words(actions) == Self.refusal(407))
        guard case .answer(let answer) = actions[0] else { return }
        #expect(answer.text.contains("\r\nProxy-Authenticate: Bearer"))
        #expect(words(handshake.dialed()) == [])
    }

    @Test func `two secrets are none, and one is right in either case of the scheme`() {
        var handshake = Self.begun()
        let line = "Proxy-Authorization: \(Self.secret.authorization)\r\n"
        let twice = "CONNECT db.test:80 HTTP/1.1\r\n\(line)\(line)\r\n"
        #expect(words(handshake.received(twice.utf8, at: .zero)) == Self.refusal(407))
        handshake = Self.begun()
        let lowered = "CONNECT db.test:80 HTTP/1.0\r\nPROXY-authorization:\t bEARER \(Self.secret.token) \t\r\n\r\n"
        #expect(words(handshake.received(lowered.utf8, at: .zero)) == ["dial db.test:80", "read"])
    }

    @Test func `only the secret's owner learns that another method is not for here`() {
        var handshake = Self.begun()
        let get = "GET http://db.test/ HTTP/1.1\r\n"
        let shown = get + "Proxy-Authorization: \(Self.secret.authorization)\r\n\r\n"
        #expect(words(handshake.received(shown.utf8, at: .zero)) == Self.refusal(405))
        handshake = Self.begun()
        #expect(words(handshake.received((get + "\r\n").utf8, at: .zero)) == Self.refusal(407))
    }

    @Test(
        arguments: [
            "\r\n\r\n", " \r\n\r\n", "CONNECT\r\n\r\n", "CONNECT  db.test:80 HTTP/1.1\r\n\r\n",
            "CONNECT db.test:80 HTTP/2\r\n\r\n", "CONNECT db.test:80 HTTP/1.1 \r\n\r\n",
            "CON\u{7f}NECT db.test:80 HTTP/1.1\r\n\r\n", "CONNECT db.test:80 HTTP/1.1\r\n folded\r\n\r\n",
            "CONNECT db.test:80 HTTP/1.1\r\nno colon\r\n\r\n", "CONNECT db.test:80 HTTP/1.1\r\n: x\r\n\r\n",
            "CONNECT db.test:80 HTTP/1.1\r\nA : x\r\n\r\n", "CONNECT db.test:80 HTTP/1.1\r\nA: \u{0}\r\n\r\n",
            "CONNECT db.test:80 HTTP/1.1\r\nA: x\ny\r\n\r\n", "\u{16}\u{3}\u{1} \r\n\r\n",
        ]
    )
    func `garbage is refused`(text: String) {
        var handshake = Self.begun()
        #expect(words(handshake.received(text.utf8, at: .zero)) == Self.refusal(400))
    }

    @Test func `a head has 8 KiB, and not a byte more`() {
        let rest = ConnectHead.limit - Self.head().utf8.count - "A: \r\n".utf8.count
        func padded(_ count: Int) -> String {
            Self.head().replacing("\r\n\r\n", with: "\r\nA: \(String(repeating: "x", count: count))\r\n\r\n")
        }
        #expect(padded(rest).utf8.count == ConnectHead.limit)
        var handshake = Self.begun()
        #expect(words(handshake.received(padded(rest).utf8, at: .zero)) == ["dial db.test:80", "read"])
        handshake = Self.begun()
        #expect(words(handshake.received(padded(rest + 1).utf8, at: .zero)) == Self.refusal(431))
        handshake = Self.begun()
        #expect(words(handshake.received(Array(repeating: 0x41, count: 1 << 20), at: .zero)) == Self.refusal(431))
    }

    @Test func `a head that does not come in time is given up, and so is a client that does not hang up`() {
        var handshake = Self.begun()
        #expect(words(handshake.received("CONNECT".utf8, at: .seconds(4))) == ["read"])
        #expect(words(handshake.advance(to: .milliseconds(4_999))) == [])
        #expect(words(handshake.advance(to: .seconds(5))) == Self.refusal(408))
        #expect(handshake.wakeTime == .seconds(6))
        #expect(words(handshake.received("more".utf8, at: .seconds(5))) == ["read"])
        #expect(words(handshake.advance(to: .seconds(6))) == ["close"])
        #expect(handshake.wakeTime == nil)
        #expect(words(handshake.clientGone()) == [])
    }

    @Test func `a time to wait that is none is brought within bounds`() {
        #expect(Handshake(.http(Self.secret, headTimeout: .zero)).wakeTime == .milliseconds(1))
        #expect(Handshake(.http(Self.secret, headTimeout: .seconds(Int64.max))).wakeTime == .seconds(60))
    }

    @Test func `a client that hangs up ends its dial`() throws {
        for isGone in [false, true] {
            var handshake = Self.begun()
            _ = handshake.received(Self.head().utf8, at: .zero)
            let actions = isGone ? handshake.clientGone() : handshake.clientEnded()
            #expect(words(actions) == (isGone ? ["cancel"] : ["cancel", "close"]))
            #expect(words(handshake.dialed()) == [])
            #expect(words(handshake.dialFailed(DialError(.cancelled, "", target: ""), at: .zero)) == [])
        }
        var handshake = Self.begun()
        #expect(words(handshake.clientEnded()) == ["close"])
    }

    @Test func `closing the door ends what is not spliced yet`() {
        var handshake = Self.begun()
        #expect(words(handshake.shutDown(at: .zero)) == Self.refusal(503))
        handshake = Self.begun()
        _ = handshake.received(Self.head().utf8, at: .zero)
        #expect(words(handshake.shutDown(at: .zero)) == ["cancel"] + Self.refusal(503))
        #expect(words(handshake.shutDown(at: .zero)) == [])
        #expect(words(handshake.clientEnded()) == ["close"])
    }

    @Test func `a door that closes at once waits for nobody to hang up, and one that closes soon not for longer`() {
        var handshake = Self.begun()
        #expect(words(handshake.shutDown(at: .zero, within: .zero)) == ["answer 503", "close"])
        #expect(handshake.wakeTime == nil)
        handshake = Self.begun()
        _ = handshake.received(Self.head().utf8, at: .zero)
        #expect(words(handshake.shutDown(at: .zero, within: .zero)) == ["cancel", "answer 503", "close"])
        handshake = Self.begun()
        #expect(words(handshake.shutDown(at: .zero, within: Self.second / 2)) == Self.refusal(503))
        #expect(handshake.wakeTime == Self.second / 2)
        #expect(words(handshake.shutDown(at: .zero, within: Self.second / 4)) == [])
        #expect(handshake.wakeTime == Self.second / 4)
        #expect(words(handshake.shutDown(at: .zero, within: .zero)) == ["close"])
        #expect(words(handshake.shutDown(at: .zero, within: .zero)) == [])
    }

    @Test func `one who talks before the tunnel stands is read to a limit`() {
        var handshake = Self.begun()
        _ = handshake.received(Self.head().utf8, at: .zero)
        let chunk = [UInt8](repeating: 1, count: Handshake.earlyLimit - 1)
        #expect(words(handshake.received(chunk, at: .zero)) == ["read"])
        #expect(words(handshake.received([1], at: .zero)) == [])
        guard case .splice(let early, false) = handshake.dialed().last else {
            Issue.record("no splice")
            return
        }
        #expect(early.count == Handshake.earlyLimit)
    }
}

@Suite struct `A client that makes place for others` {
    private static let secret = DoorSecret()

    @Test func `is told so at its head, and closed at once while it hangs up`() {
        var handshake = Handshake(.http(Self.secret, headTimeout: .seconds(5)))
        #expect(!handshake.isKnown)
        #expect(words(handshake.turnOut()) == ["answer 503", "close"])
        #expect(words(handshake.turnOut()) == [])
        #expect(handshake.wakeTime == nil)
        handshake = Handshake(.http(Self.secret, headTimeout: .seconds(5)))
        #expect(words(handshake.received("nonsense\r\n\r\n".utf8, at: .zero)) == ["answer 400", "end output", "read"])
        #expect(!handshake.isKnown)
        #expect(words(handshake.turnOut()) == ["close"])
    }

    @Test(arguments: ["CONNECT db.test:80", "GET /", "CONNECT nowhere"])
    func `is none that has shown the secret, whatever it asks for`(request: String) {
        var handshake = Handshake(.http(Self.secret, headTimeout: .seconds(5)))
        let head = "\(request) HTTP/1.1\r\nProxy-Authorization: \(Self.secret.authorization)\r\n\r\n"
        #expect(!handshake.received(head.utf8, at: .zero).isEmpty)
        #expect(handshake.isKnown)
        #expect(words(handshake.turnOut()) == [])
    }

    @Test func `is none of a door with a fixed target`() throws {
        var handshake = Handshake(.fixed(try Target("db.test:80")))
        #expect(handshake.isKnown)
        #expect(words(handshake.turnOut()) == [])
        #expect(words(handshake.dialed()) == ["splice "])
    }
}

@Suite struct `The handshake of a door with a fixed target` {
    @Test func `it dials at once, and keeps what the client says and that it ended`() throws {
        var handshake = Handshake(.fixed(try Target("db.test:80")))
        #expect(handshake.wakeTime == nil)
        #expect(words(handshake.begin()) == ["dial db.test:80", "read"])
        #expect(words(handshake.received("hello".utf8, at: .zero)) == ["read"])
        #expect(words(handshake.clientEnded()) == [])
        #expect(words(handshake.dialed()) == ["splice hello, ended"])
    }

    @Test func `it has no words for a failure`() throws {
        var handshake = Handshake(.fixed(try Target("db.test:80")))
        let error = DialError(.connectTimeout, "", target: "")
        #expect(words(handshake.dialFailed(error, at: .zero)) == ["close"])
        handshake = Handshake(.fixed(try Target("db.test:80")))
        #expect(words(handshake.shutDown(at: .zero)) == ["cancel", "close"])
    }
}
