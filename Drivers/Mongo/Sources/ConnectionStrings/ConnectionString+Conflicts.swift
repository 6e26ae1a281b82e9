// SPDX-License-Identifier: Apache-2.0

extension ConnectionString {
    /// Refuses options that exclude one another, and those that need what is not there.
    func checkConflicts() throws(ConnectionStringError) {
        try checkTopology()
        try checkTLS()
        try checkProxy()
        if let least = options.minPoolSize, let most = options.maxPoolSize, most > 0, least > most {
            throw ConnectionStringError(.conflictingOptions, "minPoolSize is over maxPoolSize")
        }
    }

    private func checkTopology() throws(ConnectionStringError) {
        func conflict(_ detail: String) -> ConnectionStringError { ConnectionStringError(.conflictingOptions, detail) }
        if options.directConnection == true {
            if srvName != nil { throw conflict("directConnection with mongodb+srv://") }
            if hosts.count > 1 { throw conflict("directConnection with several hosts") }
        }
        if options.loadBalanced == true {
            if hosts.count > 1 { throw conflict("loadBalanced with several hosts") }
            if options.directConnection == true { throw conflict("loadBalanced with directConnection") }
            if options.replicaSet != nil { throw conflict("loadBalanced with replicaSet") }
        }
        if srvName == nil {
            if options.srvServiceName != nil { throw conflict("srvServiceName without mongodb+srv://") }
            if options.srvMaxHosts != nil { throw conflict("srvMaxHosts without mongodb+srv://") }
        } else if let most = options.srvMaxHosts, most > 0 {
            if options.replicaSet != nil { throw conflict("srvMaxHosts with replicaSet") }
            if options.loadBalanced == true { throw conflict("srvMaxHosts with loadBalanced") }
        }
    }

    /// Pairs of which only one may be there, whatever its value.
    private static let exclusiveTLSOptions = [
        ("tlsinsecure", "tlsallowinvalidcertificates"), ("tlsinsecure", "tlsallowinvalidhostnames"),
        ("tlsinsecure", "tlsdisableocspendpointcheck"), ("tlsinsecure", "tlsdisablecertificaterevocationcheck"),
        ("tlsallowinvalidcertificates", "tlsdisableocspendpointcheck"),
        ("tlsallowinvalidcertificates", "tlsdisablecertificaterevocationcheck"),
        ("tlsdisableocspendpointcheck", "tlsdisablecertificaterevocationcheck"),
    ]

    private func checkTLS() throws(ConnectionStringError) {
        for (one, other) in Self.exclusiveTLSOptions where options.names.contains(one) && options.names.contains(other)
        {
            throw ConnectionStringError(.conflictingOptions, "\(one) with \(other)")
        }
    }

    private func checkProxy() throws(ConnectionStringError) {
        func conflict(_ detail: String) -> ConnectionStringError { ConnectionStringError(.conflictingOptions, detail) }
        let hasUser = options.proxyUsername != nil
        let hasPassword = options.proxyPassword != nil
        if options.proxyHost == nil, options.proxyPort != nil || hasUser || hasPassword {
            throw conflict("proxy options without proxyHost")
        }
        if hasUser != hasPassword { throw conflict("one of proxyUsername and proxyPassword without the other") }
    }
}
