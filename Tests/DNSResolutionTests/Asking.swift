// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution

/// What a lookup came to, from its first event to its last.
struct Outcome: Sendable {
    var addresses: [IPAddress] = []
    var error: ResolutionError?
    var sources: Set<LookupSource> = []
    var bound: BindingAnswer?

    /// The addresses in an order of their own.
    var sorted: [String] { addresses.map { "\($0)" }.sorted() }
}

extension DNSResolver {
    /// A resolver that asks these ports of 127.0.0.1, in order, whatever this machine's resolv.conf says.
    convenience init(ports: [Int], _ change: (inout DNSResolverConfiguration) -> Void = { _ in }) {
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = ""
        configuration.servers = ports.map { NameServer(Endpoint(address: .v4(.loopback), port: UInt16($0))) }
        change(&configuration)
        self.init(configuration)
    }

    /// Looks a name up to its end.
    func outcome(
        of name: String,
        families: AddressFamilies = .both,
        service: BindingQuestion? = nil
    ) async -> Outcome {
        let outcome = NIOLockedValueBox(Outcome())
        return await withCheckedContinuation { continuation in
            let question = LookupQuestion(name: name, families: families, service: service)
            _ = lookUp(question, for: FairnessKey(label: "test")) { event in
                switch event {
                case .started, .caughtUp: return
                case .bindings(let answer): outcome.withLockedValue { $0.bound = answer }
                case .answered(let answer):
                    outcome.withLockedValue { outcome in
                        outcome.addresses += answer.addresses
                        if !answer.addresses.isEmpty { outcome.sources.insert(answer.source) }
                    }
                case .ended(let error):
                    outcome.withLockedValue { $0.error = error }
                    continuation.resume(returning: outcome.withLockedValue { $0 })
                }
            }
        }
    }
}
