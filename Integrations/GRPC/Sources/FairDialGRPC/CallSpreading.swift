// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Has calls spread over all addresses that a resolver tells: one endpoint for each, and round robin.
struct CallSpreading: Sendable {
    private let config: ServiceConfig

    /// - Parameter config: all of it but for its load balancing, which is set here.
    init(_ config: ServiceConfig) {
        var config = config
        config.loadBalancingConfig = [.roundRobin]
        self.config = config
    }

    /// The same addresses, spread over.
    func over(_ result: NameResolutionResult) -> NameResolutionResult {
        let endpoints = result.endpoints.flatMap(\.addresses).map { Endpoint(addresses: [$0]) }
        return NameResolutionResult(endpoints: endpoints, serviceConfig: .success(config))
    }
}
