// SPDX-License-Identifier: Apache-2.0

extension ConnectionString {
    /// The name to ask SRV records of: `_mongodb._tcp.name`; `nil` for `mongodb://`.
    public var srvQuestion: String? {
        srvName.map { "_\(options.srvServiceName ?? "mongodb")._tcp.\($0)" }
    }

    /// What a `mongodb+srv://` string becomes by the records of its name; looks nothing up itself.
    /// - Parameters:
    ///   - targets: The SRV records' targets and ports.
    ///   - texts: The TXT records of `srvName`, each with its strings; none is as good as one.
    ///   - random: Chooses the hosts if `srvMaxHosts` wants fewer than there are.
    /// - Throws: `invalidRecords` for no target, a target outside the name's parent domain, several TXT records, or a
    ///   TXT
    ///   record with other options than `authSource`, `replicaSet` and `loadBalanced`; `conflictingOptions` if these do
    ///   not go with the rest. For `mongodb://`, the string itself.
    /// - Source: the drivers' specification "Initial DNS Seedlist Discovery".
    public func resolved(
        targets: [(name: String, port: UInt16)],
        texts: [[String]],
        random: inout some RandomNumberGenerator
    ) throws(ConnectionStringError) -> ConnectionString {
        guard let srvName else { return self }
        guard !targets.isEmpty else { throw ConnectionStringError(.invalidRecords, "no SRV record") }
        guard targets.count <= Self.hostLimit else {
            throw ConnectionStringError(.tooLong, "over \(Self.hostLimit) SRV records")
        }
        var resolved = self
        try resolved.merge(texts)
        if resolved.options.tls == nil { resolved.options.values["tls"] = .bool(true) }
        var hosts: [ServerHost] = []
        for target in targets {
            guard Self.isTarget(target.name, under: srvName) else {
                throw ConnectionStringError(.invalidRecords, "an SRV record's target outside the name's parent domain")
            }
            let host = ServerHost.name(Self.withoutDot(target.name), port: target.port)
            if !hosts.contains(host) { hosts.append(host) }
        }
        if let most = resolved.options.srvMaxHosts, most > 0, most < hosts.count {
            hosts.shuffle(using: &random)
            hosts.removeLast(hosts.count - most)
        }
        resolved.hosts = hosts
        try resolved.checkConflicts()
        return resolved
    }

    /// Whether an SRV record's target may be believed: it lies under the parent domain of the name that was asked for.
    /// A name of one or two labels counts as the domain itself, and the target then has more labels.
    public static func isTarget(_ target: String, under name: String) -> Bool {
        let labels = withoutDot(name).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let domain = labels.count >= 3 ? labels.dropFirst() : labels[...]
        let given = withoutDot(target).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        return given.count > domain.count && !given.contains("") && given.suffix(domain.count).elementsEqual(domain)
    }

    private static func withoutDot(_ name: String) -> String {
        name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Takes the options of a TXT record, save those that the string itself has.
    private mutating func merge(_ texts: [[String]]) throws(ConnectionStringError) {
        guard texts.count <= 1 else { throw ConnectionStringError(.invalidRecords, "several TXT records") }
        guard let text = texts.first?.joined(), !text.isEmpty else { return }
        guard text.utf8.count <= Self.lengthLimit else {
            throw ConnectionStringError(.tooLong, "a TXT record over \(Self.lengthLimit) bytes")
        }
        var parser = OptionParser()
        try parser.read(text[...])
        let allowed: Set = ["authsource", "replicaset", "loadbalanced"]
        guard parser.warnings.isEmpty, allowed.isSuperset(of: parser.values.keys) else {
            throw ConnectionStringError(.invalidRecords, "a TXT record with other options than it may have")
        }
        options.values.merge(parser.values) { own, _ in own }
    }
}
