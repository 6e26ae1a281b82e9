// SPDX-License-Identifier: Apache-2.0

import IPAddresses
public import NIOCore

@available(FairDial 0.1, *)
extension Target {
    /// What NIO's form of an address stands for: one endpoint, or a Unix domain socket.
    ///
    /// - Throws: `DialError` with the code `invalidTarget` for a port 0, and for a path that cannot be dialed.
    public init(_ address: SocketAddress) throws(DialError) {
        if let endpoint = Endpoint(address) {
            self = try .endpoints([endpoint])
        } else {
            self = try .path(address.pathname ?? "")
        }
    }
}
