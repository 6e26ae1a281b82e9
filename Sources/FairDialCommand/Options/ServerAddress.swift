// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDialConsole
import IPAddresses

/// `10.0.0.53`, `10.0.0.53:5353`, `::1`, `[::1]:5353` on the command line.
struct ServerAddress: Sendable {
    let address: IPAddress
    /// `nil` where none was given, and the transport's own counts.
    let port: UInt16?

    init(reading text: String) throws(WrongValue) {
        if let address = try? IPAddress(text) {
            self.address = address
            port = nil
        } else if let endpoint = try? Endpoint(text), endpoint.port != 0 {
            address = endpoint.address
            port = endpoint.port
        } else {
            throw WrongValue("write an address, with a port or without, as in 10.0.0.53, 10.0.0.53:5353 or [::1]:5353")
        }
    }

    /// The server, at a transport's own port where none was given.
    func endpoint(standardPort: UInt16 = NameServer.standardPort) -> Endpoint {
        Endpoint(address: address, port: port ?? standardPort)
    }
}
