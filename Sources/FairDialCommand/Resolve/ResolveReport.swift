// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDial
import FairDialConsole
import Foundation
import GetAddrInfo
import IPAddresses
import NameResolution

/// One answer of `resolve`.
struct ResolveReport {
    let host: String
    let service: String?
    var report = DialReport()
    var endpoints: [Endpoint] = []
    var incomplete: AddressFamilies = []
    var error: (code: String, message: String)?

    init(host: String, service: String?) {
        self.host = host
        self.service = service
    }

    /// The contract's object.
    var json: [(String, JSONLine)] {
        var members: [(String, JSONLine)] = [
            ("host", .text(host)),
            ("service", .optional(service)),
            ("ok", .bool(error == nil)),
            ("source", .optional(report.source?.rawValue)),
            ("queue_s", .seconds(report.queue)),
            ("lookup_s", .seconds(report.lookup)),
            ("results", .list(infos.map { AddressInfoLine.json($0) })),
        ]
        if error == nil, !incomplete.isEmpty {
            members.append(("incomplete", .list(missingRecords.map(JSONLine.text))))
        }
        if !vetoed.isEmpty {
            let list = vetoed.map {
                JSONLine.object([("address", .text($0.address)), ("reason", .optional($0.reason))])
            }
            members.append(("vetoed", .list(list)))
        }
        if report.leftOut > 0 { members.append(("left_out", .integer(report.leftOut))) }
        let failure = error.map { JSONLine.object([("code", .text($0.code)), ("message", .text($0.message))]) }
        return members + [("error", failure ?? .null)]
    }

    /// The same for a person.
    var lines: [String] {
        let host = host.printable
        if let error { return ["\(host)  \(Ink.bad(error.code))  \(error.message.printable)"] }
        let source = (report.source?.rawValue ?? "") + (report.server.map { " (\(NameServer($0)))".printable } ?? "")
        let clocks = "queue \(report.queue.readable) · lookup \(report.lookup.readable)"
        let first = "\(host)  \(Ink.good("resolved"))  by \(source)  \(clocks)"
        let addresses = endpoints.map { "  " + (service == nil ? "\($0.address)" : "\($0)").printable }
        let missing = missingRecords.map { "  " + Ink.bad("\($0): no answer within the lookup's timeout") }
        let forbidden = vetoed.map { "  " + Ink.bad("\($0.address): \($0.reason ?? "vetoed")".printable) }
        let left =
            report.leftOut > 0 ? ["  \(report.leftOut) addresses left out: at most 256 of each family are listed"] : []
        return [first] + addresses + forbidden + left + missing
    }

    /// What the policy has left out; an answer has no other attempts.
    private var vetoed: [(address: String, reason: String?)] {
        report.attempts.compactMap { attempt in
            guard attempt.outcome == .vetoed, let address = attempt.destination.endpoint?.address else { return nil }
            return ("\(address)", attempt.reason)
        }
    }

    private var infos: [AddressInfo] {
        endpoints.map {
            AddressInfo(socketType: SocketConstants.stream, protocolNumber: SocketConstants.tcp, endpoint: $0)
        }
    }

    private var missingRecords: [String] {
        (incomplete.contains(AddressFamilies.ipv4) ? ["A"] : [])
            + (incomplete.contains(AddressFamilies.ipv6) ? ["AAAA"] : [])
    }
}
