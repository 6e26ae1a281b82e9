// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDial
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution

/// A DNS server whose zone a test changes, and dialers that ask it.
final class Names: Sendable {
    private struct Zone: Sendable {
        var responses: [String: DNSServer.Response] = [:]
    }

    let server: DNSServer
    private let zone: NIOLockedValueBox<Zone>

    private init(_ server: DNSServer, _ zone: NIOLockedValueBox<Zone>) {
        self.server = server
        self.zone = zone
    }

    static func start() async throws -> Names {
        let zone = NIOLockedValueBox(Zone())
        let server = try await DNSServer.start { query in
            zone.withLockedValue { $0.responses[query.name] } ?? .init(.nameNotFound)
        }
        return Names(server, zone)
    }

    subscript(name: String) -> DNSServer.Response? {
        get { zone.withLockedValue { $0.responses[name] } }
        set { zone.withLockedValue { $0.responses[name] = newValue } }
    }

    /// A dialer with a resolver, and so a cache, of its own.
    func dialer(_ configure: (inout DialerConfiguration) -> Void = { _ in }) throws -> Dialer {
        var resolving = DNSResolverConfiguration()
        resolving.servers = [NameServer(Endpoint(address: .v4(.loopback), port: UInt16(clamping: server.port)))]
        // What ends a lookup that hangs is the dialer's timeout alone.
        resolving.lookupTimeout = .seconds(600)
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolution.NameResolver(DNSResolver(resolving))
        configure(&configuration)
        return Dialer(configuration)
    }
}
