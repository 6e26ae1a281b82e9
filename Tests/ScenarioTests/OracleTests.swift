// SPDX-License-Identifier: Apache-2.0

import Testing

/// The C library's word on literals in networks where `AI_ADDRCONFIG`, the order of a machine's own addresses, and
/// services by name come out differently than on the machine that runs the tests.
@Suite(.enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
struct OracleTests {
    @Test(arguments: [
        "bare", "down", "loopback", "ipv4", "ipv6", "both", "without-ipv6", "second-loopback", "point-to-point",
        "odd-interface",
    ])
    func `we and getaddrinfo agree in a network of every kind`(network: String) async throws {
        let outcome = try await Tool.run(
            ["--network", network, "--questions", "10000", "--random-services", "--seed", "\(network.utf8.count)"],
            of: "oracle"
        )
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        print(network, outcome.output, terminator: "")
    }

    @Test func `a change of the interfaces is known of at once`() async throws {
        let outcome = try await Tool.run(["--network", "loopback", "--watch"], of: "oracle")
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output == "every change was known of at once\n")
    }
}
