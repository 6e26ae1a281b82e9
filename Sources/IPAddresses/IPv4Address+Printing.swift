// SPDX-License-Identifier: Apache-2.0

extension IPv4Address: CustomStringConvertible {

    /// Dotted decimal: `192.0.2.1`.
    public var description: String {
        "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)"
    }
}

extension IPv4Address: Comparable {
    /// The order of the numbers.
    public static func < (left: IPv4Address, right: IPv4Address) -> Bool {
        left.bits < right.bits
    }
}
