// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses

/// What a dial is told besides that may have several names to look up: one with service bindings, or of a service. A
/// reference, for nearly no dial has one.
@available(FairDial 0.1, *)
final class NamesQuestion: Sendable {
    /// What leads to further names.
    enum Kind: Sendable {
        /// The bindings of the host (RFC 9460).
        case bindings(BindingRequest)
        /// The SRV records of this name (RFC 2782).
        case service(DomainName)
    }

    let kind: Kind
    /// What the caller has said of names that are not to be looked up, by name in lower case.
    let overrides: [String: [IPAddress]]
    /// What records of equal priority are shuffled with.
    let random: RandomSource

    init(_ kind: Kind, overrides: [String: [IPAddress]], random: RandomSource) {
        self.kind = kind
        self.overrides = overrides
        self.random = random
    }

    /// The addresses that the caller has given for a name; with a final dot or without.
    func override(of name: String) -> [IPAddress]? {
        overrides.isEmpty ? nil : overrides[name] ?? overrides[name + "."]
    }
}
