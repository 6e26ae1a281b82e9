// SPDX-License-Identifier: Apache-2.0

/// Who a client says it is, and how it proves it.
public struct Credential: Sendable, Hashable {
    /// How it is proved; `nil` in a credential stands for the better SCRAM that the server has.
    public enum Mechanism: String, Sendable, CaseIterable {
        case gssapi = "GSSAPI"
        case aws = "MONGODB-AWS"
        case oidc = "MONGODB-OIDC"
        case x509 = "MONGODB-X509"
        case plain = "PLAIN"
        case scramSHA1 = "SCRAM-SHA-1"
        case scramSHA256 = "SCRAM-SHA-256"
    }

    /// How it is proved.
    public let mechanism: Mechanism?
    /// The database that knows the user, or `$external`.
    public let source: String
    /// The user's name, or an access key.
    public let username: Secret?
    /// The password, or a secret key.
    public let password: Secret?
    /// What the mechanism wants to know, by its own keys.
    public let properties: [String: Secret]
}

extension ConnectionString {
    /// The credential that user, password, database and options make together; `nil` if there is none.
    /// - Parameter hasTokenCallback: Whether the program brings tokens for MONGODB-OIDC itself, so that no environment
    ///   need be named.
    /// - Throws: `invalidCredential` for what the mechanism cannot have or must have.
    /// - Source: the drivers' specification "Authentication".
    public func credential(hasTokenCallback: Bool = false) throws(ConnectionStringError) -> Credential? {
        guard let mechanism = options.authMechanism.flatMap({ Credential.Mechanism(rawValue: $0) }) else {
            guard username != nil else { return nil }
            return Credential(
                mechanism: nil,
                source: options.authSource ?? database ?? "admin",
                username: username,
                password: password,
                properties: [:]
            )
        }
        var properties = options.authMechanismProperties ?? [:]
        var source = options.authSource ?? "$external"
        switch mechanism {
        case .scramSHA1, .scramSHA256:
            try need(username, "a user's name", mechanism)
            try need(password, "a password", mechanism)
            source = options.authSource ?? database ?? "admin"
        case .plain:
            try need(username, "a user's name", mechanism)
            try need(password, "a password", mechanism)
            source = options.authSource ?? database ?? "$external"
        case .x509:
            if password != nil { throw refused("no password", mechanism) }
            try checkExternal(mechanism)
        case .gssapi:
            try checkExternal(mechanism)
            try checkKerberos(properties)
            if properties["SERVICE_NAME"] == nil { properties["SERVICE_NAME"] = Secret("mongodb") }
        case .aws:
            try checkExternal(mechanism)
            if username != nil { try need(password, "a password for a user's name", mechanism) }
            if username == nil, properties["AWS_SESSION_TOKEN"] != nil {
                throw refused("a user's name for a session token", mechanism)
            }
        case .oidc:
            try checkExternal(mechanism)
            try checkTokens(properties, hasTokenCallback)
        }
        return Credential(
            mechanism: mechanism,
            source: source,
            username: username,
            password: password,
            properties: properties
        )
    }

    private func refused(_ needed: String, _ mechanism: Credential.Mechanism) -> ConnectionStringError {
        ConnectionStringError(.invalidCredential, "\(mechanism.rawValue) needs \(needed)")
    }

    private func need(_ secret: Secret?, _ what: String, _ mechanism: Credential.Mechanism)
        throws(ConnectionStringError)
    {
        if secret == nil { throw refused(what, mechanism) }
    }

    private func checkExternal(_ mechanism: Credential.Mechanism) throws(ConnectionStringError) {
        if let source = options.authSource, source != "$external" { throw refused("authSource $external", mechanism) }
    }

    private func checkKerberos(_ properties: [String: Secret]) throws(ConnectionStringError) {
        try need(username, "a user's name", .gssapi)
        let known: Set = ["SERVICE_NAME", "SERVICE_REALM", "SERVICE_HOST", "CANONICALIZE_HOST_NAME"]
        guard known.isSuperset(of: properties.keys) else { throw refused("properties that it knows", .gssapi) }
        guard let canonical = properties["CANONICALIZE_HOST_NAME"] else { return }
        guard ["none", "forward", "forwardAndReverse", "true", "false"].contains(canonical.value) else {
            throw refused("CANONICALIZE_HOST_NAME none, forward or forwardAndReverse", .gssapi)
        }
    }

    private func checkTokens(_ properties: [String: Secret], _ hasTokenCallback: Bool) throws(ConnectionStringError) {
        if password != nil { throw refused("no password", .oidc) }
        let known: Set = ["ENVIRONMENT", "TOKEN_RESOURCE", "ALLOWED_HOSTS"]
        guard known.isSuperset(of: properties.keys) else { throw refused("properties that it knows", .oidc) }
        guard let environment = properties["ENVIRONMENT"]?.value else {
            guard hasTokenCallback else { throw refused("an ENVIRONMENT or a callback", .oidc) }
            return
        }
        if hasTokenCallback { throw refused("an ENVIRONMENT or a callback, not both", .oidc) }
        switch environment {
        case "azure", "gcp": try need(properties["TOKEN_RESOURCE"], "a TOKEN_RESOURCE", .oidc)
        case "test", "k8s": if properties["TOKEN_RESOURCE"] != nil { throw refused("no TOKEN_RESOURCE", .oidc) }
        default: throw refused("an ENVIRONMENT that it knows", .oidc)
        }
        if environment != "azure", username != nil { throw refused("no user's name", .oidc) }
    }
}
