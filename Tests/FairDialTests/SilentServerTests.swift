// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import FairDial

@Suite(.timeLimit(.minutes(15))) struct `A lookup that ends with its timeout` {
    @Test func `names the DNS server that has not answered`() async throws {
        let server = try await DNSServer.start { _ in DNSServer.Response(.silence) }
        let endpoint = Endpoint(address: .v4(.loopback), port: UInt16(clamping: server.port))
        var resolving = DNSResolverConfiguration()
        resolving.servers = [NameServer(endpoint)]
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(DNSResolver(resolving), localNames: nil)
        configuration.timeouts.lookup = .milliseconds(300)
        let dialer = Dialer(configuration)
        let error = await failure { try await dialer.connect(to: "silent.test", port: 80) }
        #expect(error?.code == .lookupTimeout)
        #expect(error?.message.contains("no answer from 127.0.0.1:\(server.port)") == true, "\(error?.message ?? "")")
        var options = DialOptions()
        options.deadline = .milliseconds(200)
        let late = await failure { [options] in
            try await dialer.connect(to: "quiet.test", port: 80, options: options)
        }
        #expect(late?.code == .deadlineExceeded)
        #expect(late?.message.contains("no answer from 127.0.0.1:\(server.port)") == true, "\(late?.message ?? "")")
        await server.stop()
    }
}
