// SPDX-License-Identifier: Apache-2.0

// Dial what a stranger has named, and reach nothing inside: addresses are judged, whatever the name or the text was.

import FairDial

func policy() async throws {
    // This network's translators from IPv6 to IPv4 (NAT64), so that the IPv4 address inside is judged too.
    let translators = try await Dialer.shared.nat64Prefixes()
    var policy = AddressPolicy.publicInternetOnly
    policy.nat64Prefixes = translators
    policy.allowed = [try IPNetwork("10.20.0.0/16")]  // … and this network of your own
    policy.denied = [try IPNetwork("10.20.0.53/32")]  // … but not this host: the longest prefix decides
    policy.allowsPaths = false  // Unix domain sockets; this is the default
    policy.isAllowed = { address, host, port in  // asked last, about what is in neither list
        port == 443 || host == "feeds.example.com"
    }

    var configuration = DialerConfiguration()
    configuration.policy = policy
    let dialer = Dialer(configuration)
    do {
        _ = try await dialer.connect(to: "feeds.example.com", port: 80)
    } catch {
        print(error)  // refusedByPolicy where every address is forbidden, with the reason for each
    }
}
