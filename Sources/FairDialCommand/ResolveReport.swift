// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import DNSResolution
import FairDial
import Foundation
import GetAddrInfo
import IPAddresses
import NameResolution

/// One answer of `resolve`.
struct ResolveReport {
    let host: String
    let service: String?
    var splits = Splits()
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
            ("source", .optional(splits.source?.rawValue)),
            ("queue_s", .seconds(splits.queue)),
            ("lookup_s", .seconds(splits.lookup)),
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
        let failure = error.map { JSONLine.object([("code", .text($0.code)), ("message", .text($0.message))]) }
        return members + [("error", failure ?? .null)]
    }

    /// The same for a person.
    var lines: [String] {
        if let error { return ["\(host)  \(Ink.bad(error.code))  \(error.message)"] }
        let source = (splits.source?.rawValue ?? "") + (splits.server.map { " (\(NameServer($0)))" } ?? "")
        let first =
            "\(host)  \(Ink.good("resolved"))  by \(source)  queue \(splits.queue.readable) · lookup \(splits.lookup.readable)"
        let addresses = endpoints.map { "  " + (service == nil ? "\($0.address)" : "\($0)") }
        let missing = missingRecords.map { "  " + Ink.bad("\($0): no answer within the look-up's budget") }
        let forbidden = vetoed.map { "  " + Ink.bad("\($0.address): \($0.reason ?? "vetoed")") }
        return [first] + addresses + forbidden + missing
    }

    /// What the policy has left out; an answer has no other attempts.
    private var vetoed: [(address: String, reason: String?)] {
        splits.attempts.compactMap { attempt in
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
