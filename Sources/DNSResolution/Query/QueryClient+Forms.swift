// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// What a server's answers teach of the forms that it understands.
@available(FairDial 0.1, *)
extension QueryClient {
    /// The plain form has brought what the wished one has not: a sign, once it fails again.
    mutating func compareForms(
        _ query: Query,
        _ server: Int,
        _ answer: ServerAnswer,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard query.hasAsked(server, in: .wished), !query.cookieFaults.contains(server) else { return }
        let name = query.question.name
        if let doubt = query.doubt, doubt.server == server, !doubt.answer.saysLess(than: answer) {
            // It only looked as if something had been left out.
            return
        }
        if query.doubt?.server == server || query.hasHeard(server) {
            health[server].forms.contradicted(name, at: now)
        }
        guard health[server].forms.wantsSign(from: name, at: now) else { return }
        health[server].forms.isChecking = true
        let ends = now + configuration.timeout
        send(
            copy: Query(query.question, ends: ends, firstServer: server, purpose: .check(server: server)),
            at: now,
            &actions
        )
    }

    /// The copy in the wished form has been answered well, or has failed.
    mutating func conclude(
        check key: Slab<Query>.Key,
        of server: Int,
        hasFailed: Bool,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard let query = remove(key, at: now, &actions) else { return }
        health[server].forms.isChecking = false
        if !hasFailed {
            health[server].forms.succeeded()
        } else if health[server].forms.sign(from: query.question.name, at: now) {
            let name = configuration.servers[server]
            trace(.decided("\(name) answers only as the C library asks: asked so for ten minutes"), at: now, &actions)
        }
    }

    mutating func noteCookieFault(
        of server: Int,
        _ name: DomainName,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        guard health[server].cookies.fault(for: name, at: now) else { return }
        let name = configuration.servers[server]
        trace(.decided("\(name) does not keep to its cookies: none are shown to it for ten minutes"), at: now, &actions)
    }
}

@available(FairDial 0.1, *)
extension RecordType {
    var isOfAddresses: Bool { self == .a || self == .aaaa }
}

@available(FairDial 0.1, *)
extension ServerAnswer {
    /// Whether it has something, and be it another name.
    var isPositive: Bool {
        switch content {
        case .addresses, .records, .alias: true
        case .noData, .nameError: false
        }
    }

    /// Whether another answer has more than this one.
    func saysLess(than other: ServerAnswer) -> Bool {
        guard isPositive, !hasUnspecifiedAddress, case .addresses(let mine) = content,
            case .addresses(let theirs) = other.content
        else { return true }
        return mine.count < theirs.count
    }

    /// Whether an address is 0.0.0.0 or ::, which no host has: some gateways say so for spellings that they do not
    /// know.
    var hasUnspecifiedAddress: Bool {
        guard case .addresses(let addresses) = content else { return false }
        return addresses.contains { $0 == .v4(.unspecified) || $0 == .v6(.unspecified, zone: nil) }
    }
}
