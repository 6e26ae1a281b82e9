// SPDX-License-Identifier: Apache-2.0

import FairDial

/// What a door tells a client over HTTP: that the tunnel stands, or why not (`Proxy-Status`, RFC 9209).
@available(FairDial 0.1, *)
enum DoorAnswer: Sendable {
    /// 200: what follows are the target's bytes.
    case established
    /// 407: the secret was not shown.
    case unauthorized
    /// 400: no head of a request, or one for no target; in words.
    case malformed(String)
    /// 405: HTTP for something else than a tunnel.
    case otherMethod
    /// 431: the head is longer than `ConnectHead.limit`.
    case headTooLong
    /// 408: the whole head did not come in time.
    case headTimeout
    /// 503: as many connections are inside as the door admits.
    case full
    /// 503: the door is being closed.
    case closing
    /// What became of the dial.
    case failed(DialError)

    /// The whole response.
    var text: String {
        guard let error else { return "HTTP/1.1 200 Connection Established\r\n\r\n" }
        var fields = "Proxy-Status: FairDial; error=\(error)"
        if let details { fields += "; details=\"\(Self.quoted(details))\"" }
        switch self {
        case .unauthorized: fields += "\r\nProxy-Authenticate: Bearer realm=\"FairDial\""
        case .otherMethod: fields += "\r\nAllow: CONNECT"
        default: break
        }
        return "HTTP/1.1 \(status)\r\n\(fields)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    }

    private var status: String {
        switch self {
        case .established: "200 Connection Established"
        case .unauthorized: "407 Proxy Authentication Required"
        case .malformed: "400 Bad Request"
        case .otherMethod: "405 Method Not Allowed"
        case .headTooLong: "431 Request Header Fields Too Large"
        case .headTimeout: "408 Request Timeout"
        case .full, .closing: "503 Service Unavailable"
        case .failed(let error): Self.status(of: error)
        }
    }

    /// The error's type, as RFC 9209 §2.3 registers them; `nil` for none.
    private var error: String? {
        switch self {
        case .established: nil
        case .unauthorized, .otherMethod: "http_request_denied"
        case .malformed, .headTooLong, .headTimeout: "http_request_error"
        case .full: "connection_limit_reached"
        case .closing: "proxy_internal_response"
        case .failed(let error): Self.type(of: error)
        }
    }

    private var details: String? {
        switch self {
        case .failed(let error): error.message
        case .malformed(let words): words
        case .full: "the door has as many connections as it admits"
        case .closing: "the door is closing"
        case .headTooLong: "the request's head is longer than \(ConnectHead.limit) bytes"
        case .headTimeout: "the client did not send its request's head in time"
        case .otherMethod: "the door takes CONNECT requests only"
        case .established, .unauthorized: nil
        }
    }

    private static func status(of error: DialError) -> String {
        switch type(of: error) {
        case "dns_timeout", "connection_timeout": "504 Gateway Timeout"
        case "http_request_error": "400 Bad Request"
        case "proxy_internal_error", "destination_unavailable": "503 Service Unavailable"
        case "proxy_configuration_error": "500 Internal Server Error"
        default: "502 Bad Gateway"
        }
    }

    private static func type(of error: DialError) -> String {
        switch error.code {
        case .queueTimeout, .lookupTimeout: "dns_timeout"
        case .connectTimeout, .handshakeTimeout, .deadlineExceeded: "connection_timeout"
        case .nameNotFound, .temporaryNameFailure: "dns_error"
        case .noUsableAddress: "destination_ip_unroutable"
        case .refusedByPolicy: "destination_ip_prohibited"
        case .handshakeFailed, .initializerFailed: "connection_terminated"
        case .invalidTarget: "http_request_error"
        case .invalidOption, .unsupportedEventLoop: "proxy_configuration_error"
        case .allAttemptsFailed: type(of: error.report.attempts)
        case .queueFull, .outOfDescriptors, .outOfThreads, .noEventLoop, .eventLoopShutdown, .cancelled:
            "proxy_internal_error"
        }
    }

    /// A refusal says more than a timeout, and a timeout more than an unreachable address.
    private static func type(of attempts: [AttemptReport]) -> String {
        let outcomes = attempts.compactMap(\.outcome)
        if outcomes.contains(.refused) { return "connection_refused" }
        if outcomes.contains(.timedOut) { return "connection_timeout" }
        if outcomes.contains(.unreachable) { return "destination_ip_unroutable" }
        return "destination_unavailable"
    }

    /// The content of a quoted string (RFC 9651 §3.3.3): printable ASCII, and not more than a log shows.
    private static func quoted(_ words: String) -> String {
        var text = ""
        for scalar in words.unicodeScalars.prefix(512) {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case " "..."~": text.unicodeScalars.append(scalar)
            default: text += "?"
            }
        }
        return text
    }
}
