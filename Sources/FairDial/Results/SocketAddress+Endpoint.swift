// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NIOCore

@available(FairDial 0.1, *)
extension SocketAddress {
    /// NIO's form of an endpoint.
    ///
    /// A zone's name becomes its index, with one system call; where no interface has that name, no zone is left. An
    /// answer's endpoints have indices alone.
    public init(_ endpoint: Endpoint) {
        if let bytes = try? SocketAddressBytes(endpoint) {
            self = bytes.nioAddress
            return
        }
        var unzoned = endpoint
        if case .v6(let bits, _) = endpoint.address { unzoned.address = .v6(bits, zone: nil) }
        guard let bytes = try? SocketAddressBytes(unzoned) else {
            preconditionFailure("an address without a zone always has bytes")
        }
        self = bytes.nioAddress
    }
}

@available(FairDial 0.1, *)
extension Endpoint {
    /// What NIO's form of an address stands for; `nil` for a Unix domain socket.
    init?(_ address: SocketAddress) {
        // By offsets, which are the same on every system: the fields' own names belong to a module of NIO's.
        let port = UInt16(clamping: address.port ?? 0)
        switch address {
        case .v4:
            let bits = address.load(UInt32.self, at: 4)
            self.init(address: .v4(IPv4Address(bits: UInt32(bigEndian: bits))), port: port)
        case .v6:
            let high = UInt64(bigEndian: address.load(UInt64.self, at: 8))
            let low = UInt64(bigEndian: address.load(UInt64.self, at: 16))
            let scope = address.load(UInt32.self, at: 24)
            let zone = scope == 0 ? nil : Zone.index(scope)
            self.init(address: .v6(IPv6Address(high: high, low: low), zone: zone), port: port)
        case .unixDomainSocket: return nil
        }
    }
}

@available(FairDial 0.1, *)
extension SocketAddress {
    /// Some bytes of the `sockaddr`.
    fileprivate func load<Bits: BitwiseCopyable>(_ type: Bits.Type, at offset: Int) -> Bits {
        withSockAddr { pointer, _ in UnsafeRawPointer(pointer).loadUnaligned(fromByteOffset: offset, as: type) }
    }
}
