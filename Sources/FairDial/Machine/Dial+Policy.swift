// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// What the caller's policy forbids: asked when addresses become known, and again before each attempt.
@available(FairDial 0.1, *)
extension Dial {
    /// The candidates that the policy lets through; the others are reported, and never tried.
    mutating func permitted(_ candidates: Candidates, at now: Duration) -> Candidates {
        guard question.policy != nil else { return candidates }
        return candidates.filter { !isVetoed($0, at: now) }
    }

    /// Whether anything is left to answer with. What has been forbidden once stays out, whatever the policy says later:
    /// the report lists it.
    mutating func areAnswerable(_ destinations: [Destination], at now: Duration) -> Bool {
        guard question.policy != nil else { return !destinations.isEmpty }
        for destination in destinations { _ = isVetoed(destination, at: now) }
        return destinations.contains { !hasVetoed($0) }
    }

    private func hasVetoed(_ destination: Destination) -> Bool {
        attempts.contains { $0.destination == destination && $0.outcome == .vetoed }
    }

    /// Whether the policy forbids a destination; the first time that it does is reported.
    mutating func isVetoed(_ destination: Destination, at now: Duration) -> Bool {
        guard let policy = question.policy,
            let reason = policy.veto(of: destination, host: host(of: destination), from: question.origin ?? .any)
        else { return false }
        report(vetoed: destination, reason, at: now)
        return true
    }

    /// An answer without what is not dialed because there is so much of it.
    ///
    /// - Parameter port: where its addresses are dialed; `nil` for the target's own port.
    @inline(never)
    mutating func admitted(_ answer: LookupResult, at now: Duration, port: UInt16? = nil) -> LookupResult {
        // Of a binding's addresses a few are kept; of those that the policy has let through, if it comes first.
        guard answer.addresses.count > BindingCandidates.mostAddresses else { return answer }
        let port = port ?? question.target.port ?? 0
        var answer = answer
        let endpoints = answer.addresses.map { Endpoint(address: $0, port: port) }
        answer.addresses = admitted(endpoints, at: now).map(\.address)
        return answer
    }

    /// What is dialed of many endpoints: what the policy lets through, each once, and of that the first 256 of each
    /// family; the rest is counted.
    ///
    /// The policy comes first, so that no list of forbidden addresses hides the one that may be dialed. Linear: there
    /// may be a hundred thousand. Of few, nothing needs to be left out, and this is not called.
    @inline(never)
    mutating func admitted(_ endpoints: [Endpoint], at now: Duration) -> [Endpoint] {
        let limit = LookupResult.familyLimit
        var admitted: [Endpoint] = []
        var counts = (ipv4: 0, ipv6: 0)
        var known: Set<Endpoint> = []
        var reported = 0
        var left = 0
        for endpoint in endpoints {
            let isIPv4 = endpoint.address.family == .ipv4
            if (isIPv4 ? counts.ipv4 : counts.ipv6) == limit {
                left += 1
                continue
            }
            guard known.insert(endpoint).inserted else { continue }
            let destination = Destination.internet(endpoint)
            let host = host(of: destination)
            if let reason = question.policy?.veto(of: destination, host: host, from: question.origin ?? .any) {
                // Reports are for a person, who cannot read a hundred thousand of them.
                if reported < limit {
                    report(vetoed: destination, reason, at: now)
                    reported += 1
                } else {
                    left += 1
                }
                continue
            }
            if isIPv4 { counts.ipv4 += 1 } else { counts.ipv6 += 1 }
            admitted.append(endpoint)
        }
        if left > 0 { noteTroubles { $0.leftOut += left } }
        return admitted
    }

    /// The same of destinations that are known from the start.
    mutating func admitted(_ destinations: [Destination], at now: Duration) -> [Destination] {
        let endpoints = destinations.compactMap(\.endpoint)
        // A path is dialed alone.
        return endpoints.isEmpty ? destinations : admitted(endpoints, at: now).map(Destination.internet)
    }

    private mutating func report(vetoed destination: Destination, _ reason: String, at now: Duration) {
        guard !hasVetoed(destination) else { return }
        attempts.append(.vetoed(destination, reason, at: now))
    }
}

@available(FairDial 0.1, *)
extension AddressPolicy {
    /// Why a destination may not be dialed, in one clause; `nil` where it may.
    fileprivate func veto(of destination: Destination, host: String?, from origin: SocketOrigin) -> String? {
        switch destination {
        case .internet(let endpoint): veto(of: endpoint.address, from: origin, host: host, port: endpoint.port)
        case .local(let path): veto(ofPath: path)
        }
    }
}
