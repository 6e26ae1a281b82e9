// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import IPAddresses

/// A network on the command line: `10.0.0.0/8`, or one address alone.
struct Network: Sendable {
    let network: IPNetwork

    init(reading text: String) throws(WrongValue) {
        do throws(AddressParseError) {
            network = try text.utf8.contains(UInt8(ascii: "/")) ? IPNetwork(text) : Self.alone(IPAddress(text))
        } catch {
            if case .hostBitsSet = error.reason, let meant = Self.around(text) {
                let address = text.prefix { $0 != "/" }
                throw WrongValue("bits behind the prefix are set: write \(meant), or \(address) for that address alone")
            }
            throw WrongValue("\(error): write a network, as in 10.0.0.0/8, or an address")
        }
    }

    private static func alone(_ address: IPAddress) -> IPNetwork {
        let length = address.family == .ipv4 ? 32 : 128
        guard let network = IPNetwork(containing: address, prefixLength: length) else {
            preconditionFailure("\(address) has other than \(length) bits")
        }
        return network
    }

    /// The network that an address is in, where its text has bits behind the prefix.
    private static func around(_ text: String) -> IPNetwork? {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let address = try? IPAddress(parts[0]), let length = Int(parts[1]) else { return nil }
        return IPNetwork(containing: address, prefixLength: length)
    }
}
