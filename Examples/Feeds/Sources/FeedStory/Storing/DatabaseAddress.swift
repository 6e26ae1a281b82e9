// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings

/// Where the database is, by its connection string.
struct DatabaseAddress {
    /// As it was given, with its password.
    let uri: String
    /// The first host, which is all that the foul side knows.
    let host: String
    let port: Int
    /// All of them, for a reader.
    let hosts: String
    /// How many connections the pool has at most: `maxPoolSize`, or what MongoDB's drivers take without it.
    let poolSize: Int

    init(_ uri: String) throws(UnusableError) {
        let string: ConnectionString
        do throws(ConnectionStringError) {
            string = try ConnectionString(uri)
        } catch {
            throw UnusableError(description: "--mongo: \(error)")
        }
        self.uri = uri
        poolSize = string.options.maxPoolSize ?? 100
        hosts = string.srvName ?? string.hosts.map(\.description).joined(separator: ",")
        switch string.hosts.first {
        case .name(let name, let port)?, .ipv4(let name, let port)?: (host, self.port) = (name, Int(port ?? 27_017))
        case .ipv6(let address, let zone, let port)?:
            (host, self.port) = (zone.map { "\(address)%\($0)" } ?? address, Int(port ?? 27_017))
        case .unixSocket?, nil: (host, port) = (string.srvName ?? "", 27_017)
        }
    }
}
