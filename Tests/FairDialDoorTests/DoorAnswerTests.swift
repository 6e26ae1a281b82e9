// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import Testing

@testable import FairDialDoor

@Suite struct `RFC 9209: Proxy-Status` {
    private static let destination = Destination.internet(Endpoint(address: .v4(.loopback), port: 80))

    private static func error(_ code: DialError.Code, _ outcomes: [AttemptReport.Outcome] = []) -> DialError {
        let attempts = outcomes.map {
            AttemptReport(destination: destination, started: .zero, ended: .zero, outcome: $0)
        }
        return DialError(code, "why", target: "db.test:80", report: DialReport(attempts: attempts))
    }

    @Test(
        arguments: [
            (.queueTimeout, 504, "dns_timeout"), (.lookupTimeout, 504, "dns_timeout"),
            (.connectTimeout, 504, "connection_timeout"), (.handshakeTimeout, 504, "connection_timeout"),
            (.deadlineExceeded, 504, "connection_timeout"), (.nameNotFound, 502, "dns_error"),
            (.temporaryNameFailure, 502, "dns_error"), (.noUsableAddress, 502, "destination_ip_unroutable"),
            (.refusedByPolicy, 502, "destination_ip_prohibited"),
            (.allAttemptsFailed, 503, "destination_unavailable"), (.queueFull, 503, "proxy_internal_error"),
            (.cancelled, 503, "proxy_internal_error"), (.invalidTarget, 400, "http_request_error"),
            (.invalidOption, 500, "proxy_configuration_error"), (.outOfDescriptors, 503, "proxy_internal_error"),
            (.outOfThreads, 503, "proxy_internal_error"), (.noEventLoop, 503, "proxy_internal_error"),
            (.unsupportedEventLoop, 500, "proxy_configuration_error"),
            (.eventLoopShutdown, 503, "proxy_internal_error"), (.initializerFailed, 502, "connection_terminated"),
            (.handshakeFailed, 502, "connection_terminated"),
        ] as [(DialError.Code, Int, String)]
    )
    func `every code of an error has its type`(code: DialError.Code, status: Int, type: String) {
        let text = DoorAnswer.failed(Self.error(code)).text
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(text.contains("\r\nProxy-Status: FairDial; error=\(type); details=\"why\"\r\n"))
        #expect(text.hasSuffix("\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    @Test(
        arguments: [
            ([.timedOut, .refused, .unreachable], "connection_refused"),
            ([.unreachable, .timedOut], "connection_timeout"),
            ([.failed, .unreachable], "destination_ip_unroutable"), ([.failed], "destination_unavailable"),
        ] as [([AttemptReport.Outcome], String)]
    )
    func `of several attempts the clearest answer counts`(outcomes: [AttemptReport.Outcome], type: String) {
        #expect(DoorAnswer.failed(Self.error(.allAttemptsFailed, outcomes)).text.contains("error=\(type);"))
    }

    @Test func `details are a string of structured fields, whatever is in them`() {
        let message = "a \"quote\", a \\ and a \u{e9}, " + String(repeating: "x", count: 1_000)
        let text = DoorAnswer.failed(DialError(.nameNotFound, message, target: "")).text
        #expect(text.contains("details=\"a \\\"quote\\\", a \\\\ and a ?, xxx"))
        #expect(text.utf8.count < 800)
        #expect(text.split(separator: "\r\n").count == 4)
    }

    @Test func `a tunnel that stands has nothing but its line`() {
        #expect(DoorAnswer.established.text == "HTTP/1.1 200 Connection Established\r\n\r\n")
    }

    @Test func `the secret is in no description`() {
        let secret = DoorSecret()
        #expect(secret.token.utf8.count == 64)
        #expect(secret.token != DoorSecret().token)
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] { #expect(!text.contains(secret.token)) }
        #expect(secret.isShown(by: Array(secret.authorization.utf8)))
    }
}
