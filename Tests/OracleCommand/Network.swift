// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CNamespaces
import Foundation

/// Networks in which `AI_ADDRCONFIG` and the order of a machine's own addresses come out differently.
enum Network: String, ExpressibleByArgument, CaseIterable {
    /// The loopback has been up, and is down.
    case down
    /// The loopback has no address, as before it has ever been up.
    case bare
    /// The loopback alone.
    case loopback
    /// The loopback, and an IPv4 address.
    case ipv4
    /// The loopback, and an IPv6 address.
    case ipv6
    /// The loopback, and an address of each family.
    case both
    /// IPv6 is switched off.
    case withoutIPv6 = "without-ipv6"
    /// A second loopback address, which counts as an address like any other.
    case secondLoopback = "second-loopback"
    /// A point-to-point address, whose other end is what counts.
    case pointToPoint = "point-to-point"
    /// An address on an interface that is down, and an alternative name.
    case oddInterface = "odd-interface"

    /// Moves this process, which must have one thread, into a namespace with such a network.
    func enter() throws {
        #if os(Linux)
            let failure = fairdial_enter_namespaces()
            guard failure == 0 else { throw ValidationError("no namespaces: \(String(cString: strerror(failure)))") }
        #endif
        for command in commands { try Self.run(command) }
    }

    private var commands: [String] {
        switch self {
        case .down: ["ip link set lo down"]
        case .bare: ["ip link set lo down", "ip address flush dev lo"]
        case .loopback: []
        case .ipv4: ["ip address add 192.0.2.1/24 dev lo"]
        case .ipv6: ["ip address add 2001:db8::1/64 dev lo"]
        case .both: ["ip address add 192.0.2.1/24 dev lo", "ip address add 2001:db8::1/64 dev lo"]
        case .withoutIPv6: ["sysctl -q net.ipv6.conf.all.disable_ipv6=1", "ip address add 192.0.2.1/24 dev lo"]
        case .secondLoopback: ["ip address add 127.0.0.2/8 dev lo"]
        case .pointToPoint: ["ip address add 192.0.2.1 peer 127.0.0.1 dev lo"]
        case .oddInterface:
            [
                "ip link add odd0 type veth peer name odd1", "ip address add 192.0.2.1/24 dev odd0",
                "ip link property add dev odd0 altname otherwise", "ip link set odd1 name lo4x",
            ]
        }
    }

    /// Runs a command to its end. Plainly, because Foundation's process waits on threads and run loops of its own, and
    /// has been seen to wait for ever here.
    static func run(_ command: String) throws {
        var words = command.split(separator: " ").map { strdup(String($0)) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        guard let program = words.first ?? nil, posix_spawnp(&child, program, nil, nil, &words, environ) == 0 else {
            throw ValidationError("\(command) cannot be run")
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw ValidationError("\(command) cannot be waited for") }
        }
        guard status == 0 else { throw ValidationError("\(command) failed") }
    }
}
