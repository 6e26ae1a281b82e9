// SPDX-License-Identifier: Apache-2.0

/// A MongoDB connection string, taken apart: `mongodb://user:password@host:27017,other/database?option=value`.
///
/// What the specification passes over with a warning is in `warnings`, for the caller to log. No way of printing this
/// shows a secret.
/// - Source: the drivers' specifications "Connection String", "URI Options", "Initial DNS Seedlist Discovery".
public struct ConnectionString: Sendable, Hashable {
    /// Longer texts are refused.
    static let lengthLimit = 65_536
    /// More hosts are refused.
    static let hostLimit = 1_000

    /// Where the servers are; for `mongodb+srv://`, empty until `resolved` has been given the records.
    public internal(set) var hosts: [ServerHost]
    /// The name to look SRV and TXT records up for, of a `mongodb+srv://` string.
    public let srvName: String?
    /// The user's name, decoded. May be an access key: it is not printed either.
    public let username: Secret?
    /// The password, decoded; may be empty.
    public let password: Secret?
    /// What stands after the slash, decoded: the database to authenticate against if nothing else says which.
    public let database: String?
    /// The options, with those of a TXT record once it has been merged.
    public internal(set) var options: ConnectionOptions
    /// What was passed over.
    public internal(set) var warnings: [ConnectionStringWarning]

    /// Reads a connection string.
    /// - Throws: `ConnectionStringError`, which quotes nothing of the text.
    public init(_ text: String) throws(ConnectionStringError) {
        guard text.utf8.count <= Self.lengthLimit else {
            throw ConnectionStringError(.tooLong, "over \(Self.lengthLimit) bytes")
        }
        let isSRV = text.hasPrefix("mongodb+srv://")
        guard isSRV || text.hasPrefix("mongodb://") else {
            throw ConnectionStringError(.invalidScheme, "no mongodb:// or mongodb+srv:// at the start")
        }
        let rest = text.dropFirst(isSRV ? 14 : 10)
        let halves = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (userInfo, hostText) = try Self.splitUserInfo(parts[0])
        (username, password) = try Self.user(userInfo)
        let hosts = try Self.hosts(hostText)
        database = try parts.count == 2 ? Self.database(parts[1]) : nil
        var parser = OptionParser()
        if halves.count == 2 { try parser.read(halves[1]) }
        options = ConnectionOptions(values: parser.values)
        warnings = parser.warnings
        if isSRV {
            guard hosts.count == 1, case .name(let name, nil) = hosts[0] else {
                throw ConnectionStringError(.invalidHost, "mongodb+srv:// needs one name, without a port")
            }
            srvName = name
            self.hosts = []
        } else {
            srvName = nil
            self.hosts = hosts
        }
        try checkConflicts()
    }

    private static func splitUserInfo(_ text: Substring) throws(ConnectionStringError) -> (Substring?, Substring) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (nil, parts[0])
        case 2: return (parts[0], parts[1])
        default: throw ConnectionStringError(.invalidUserInfo, "an at sign that is not percent-encoded")
        }
    }

    private static func user(_ text: Substring?) throws(ConnectionStringError) -> (name: Secret?, password: Secret?) {
        guard let text else { return (nil, nil) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw ConnectionStringError(.invalidUserInfo, "a colon that is not percent-encoded")
        }
        guard !parts[0].isEmpty else { throw ConnectionStringError(.invalidUserInfo, "an empty user's name") }
        let name = Secret(try PercentEncoding.decode(parts[0], "the user's name"))
        guard parts.count == 2 else { return (name, nil) }
        return (name, Secret(try PercentEncoding.decode(parts[1], "the password")))
    }

    private static func hosts(_ text: Substring) throws(ConnectionStringError) -> [ServerHost] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= hostLimit else { throw ConnectionStringError(.tooLong, "over \(hostLimit) hosts") }
        var hosts: [ServerHost] = []
        for part in parts { hosts.append(try ServerHost(parsing: part)) }
        return hosts
    }

    private static func database(_ text: Substring) throws(ConnectionStringError) -> String? {
        guard !text.isEmpty else { return nil }
        guard !text.contains("/"), !text.contains("@") else {
            throw ConnectionStringError(.invalidDatabase, "a slash or an at sign that is not percent-encoded")
        }
        let name = try PercentEncoding.decode(text, "the database's name")
        guard !name.contains(where: { "/\\ \"$\0".contains($0) }) else {
            throw ConnectionStringError(.invalidDatabase, "a character that no database's name has")
        }
        return name
    }
}

extension ConnectionString: CustomStringConvertible, CustomDebugStringConvertible {
    /// Hosts, database and the names of the options; no user, no password, and no option's value.
    public var description: String {
        let scheme = srvName == nil ? "mongodb://" : "mongodb+srv://"
        let user = username == nil ? "" : "<hidden>@"
        let place = srvName ?? hosts.map(\.description).joined(separator: ",")
        let names = options.names.isEmpty ? "" : "?" + options.names.sorted().map { "\($0)=…" }.joined(separator: "&")
        return "\(scheme)\(user)\(place)/\(database ?? "")\(names)"
    }

    /// As `description`.
    public var debugDescription: String { description }
}
