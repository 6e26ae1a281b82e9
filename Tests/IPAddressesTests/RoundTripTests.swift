// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@Suite struct `What is printed is read back` {
    private static let seeds: [UInt64] = [21, 22, 23]

    @Test(arguments: seeds)
    func `IPv4 addresses`(seed: UInt64) {
        check(seed, RandomValues.ipv4) { text throws(AddressParseError) in try IPv4Address(text) }
    }

    @Test(arguments: seeds)
    func `IPv6 addresses`(seed: UInt64) {
        check(seed, RandomValues.ipv6) { text throws(AddressParseError) in try IPv6Address(text) }
    }

    @Test(arguments: seeds)
    func `addresses with and without a zone`(seed: UInt64) {
        check(seed, RandomValues.address) { text throws(AddressParseError) in try IPAddress(text) }
    }

    @Test(arguments: seeds)
    func endpoints(seed: UInt64) {
        check(seed, RandomValues.endpoint) { text throws(AddressParseError) in try Endpoint(text) }
    }

    @Test(arguments: seeds)
    func networks(seed: UInt64) {
        check(seed, RandomValues.network) { text throws(AddressParseError) in try IPNetwork(text) }
    }

    private func check<Value: Equatable & CustomStringConvertible>(
        _ seed: UInt64,
        _ make: (inout SeededGenerator) -> Value?,
        read: (String) throws(AddressParseError) -> Value
    ) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            guard let value = make(&generator) else {
                Issue.record("no value to print")
                return
            }
            do throws(AddressParseError) {
                let again = try read(value.description)
                guard again == value, again.description == value.description else {
                    Issue.record("\(value) was read as \(again)")
                    return
                }
            } catch {
                Issue.record("\(value) was refused: \(error)")
                return
            }
        }
    }
}
