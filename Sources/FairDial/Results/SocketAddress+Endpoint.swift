// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NIOCore

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
