// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension Endpoint: CustomStringConvertible {
    /// Parses `192.0.2.1:80`, `[2001:db8::1]:80`, `[fe80::1%eth0]:80`.
    ///
    /// - Throws: `AddressParseError`, naming the first byte that cannot be accepted.
    public init(_ text: some StringProtocol) throws(AddressParseError) {
        guard let colon = text.lastIndex(of: ":") else {
            throw AddressParseError(.badPort, at: text.utf8.count)
        }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        let isBracketed = host.utf8.first == UInt8(ascii: "[")
        let closes = host.hasSuffix("]")
        // An IPv6 address without brackets would take its last group for a port.
        guard isBracketed == closes, isBracketed == host.utf8.contains(UInt8(ascii: ":")),
            !isBracketed || host.utf8.count > 1
        else { throw AddressParseError(.badBrackets, at: 0) }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard port.utf8.allSatisfy(digits.contains), let number = UInt16(port) else {
            throw AddressParseError(.badPort, at: host.utf8.count + 1)
        }
        let inner = isBracketed ? host.dropFirst().dropLast() : host[...]
        do throws(AddressParseError) {
            self.init(address: try IPAddress(inner), port: number)
        } catch {
            throw AddressParseError(error.reason, at: error.offset + (isBracketed ? 1 : 0))
        }
    }

    /// The address, in brackets if it is an IPv6 one, and the port.
    public var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}

@available(FairDial 0.1, *)
extension Endpoint: Comparable {
    /// The order of the addresses, then that of the ports.
    public static func < (left: Endpoint, right: Endpoint) -> Bool {
        left.address == right.address ? left.port < right.port : left.address < right.address
    }
}
