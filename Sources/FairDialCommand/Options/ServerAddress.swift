// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DNSResolution
import IPAddresses

/// `10.0.0.53`, `10.0.0.53:5353`, `::1`, `[::1]:5353` on the command line.
struct ServerAddress: ExpressibleByArgument {
    let address: IPAddress
    /// `nil` where none was given, and the transport's own counts.
    let port: UInt16?

    init?(argument: String) {
        if let address = try? IPAddress(argument) {
            self.address = address
            port = nil
        } else if let endpoint = try? Endpoint(argument), endpoint.port != 0 {
            address = endpoint.address
            port = endpoint.port
        } else {
            return nil
        }
    }

    /// The server, at a transport's own port where none was given.
    func endpoint(standardPort: UInt16 = NameServer.standardPort) -> Endpoint {
        Endpoint(address: address, port: port ?? standardPort)
    }
}
