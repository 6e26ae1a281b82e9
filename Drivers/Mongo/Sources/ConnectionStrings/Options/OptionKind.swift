// SPDX-License-Identifier: Apache-2.0

/// What values an option has.
enum OptionKind {
    case bool
    /// A whole number, and the bounds beyond which it is passed over with a warning.
    case number(ClosedRange<Int>)
    /// Any text that is not empty.
    case text
    /// One of these words.
    case word([String])
    /// Words of these, separated by commas.
    case words([String])
    /// A text that must not be printed.
    case secret
    /// Pairs `key:value`, separated by commas; each time the option is given, one more set of them.
    case tags
    /// Pairs `key:value`, separated by commas; values may be secret.
    case properties
    /// A whole number, or else a text.
    case numberOrText

    private static let natural = OptionKind.number(0...Int(Int32.max))
    private static let positive = OptionKind.number(1...Int(Int32.max))

    /// The options as the specification spells them. What is not here is passed over with a warning.
    private static let spelled: [String: OptionKind] = [
        "appName": .text,
        "authMechanism": .word(Credential.Mechanism.allCases.map(\.rawValue)),
        "authMechanismProperties": .properties,
        "authSource": .text,
        "compressors": .words(["snappy", "zlib", "zstd"]),
        "connectTimeoutMS": natural,
        "directConnection": .bool,
        "enableOverloadRetargeting": .bool,
        // The specification's least value.
        "heartbeatFrequencyMS": .number(500...Int(Int32.max)),
        "journal": .bool,
        "loadBalanced": .bool,
        "localThresholdMS": natural,
        "maxAdaptiveRetries": natural,
        "maxConnecting": positive,
        "maxIdleTimeMS": natural,
        "maxPoolSize": natural,
        // -1 stands for none.
        "maxStalenessSeconds": .number(-1...Int(Int32.max)),
        "minPoolSize": natural,
        "proxyHost": .text,
        "proxyPassword": .secret,
        "proxyPort": .number(1...65_535),
        "proxyUsername": .secret,
        "readConcernLevel": .text,
        "readPreference": .word(["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"]),
        "readPreferenceTags": .tags,
        "replicaSet": .text,
        "retryReads": .bool,
        "retryWrites": .bool,
        "serverMonitoringMode": .word(["auto", "stream", "poll"]),
        "serverSelectionTimeoutMS": natural,
        "serverSelectionTryOnce": .bool,
        "socketTimeoutMS": natural,
        "srvMaxHosts": natural,
        "srvServiceName": .text,
        "timeoutMS": natural,
        "tls": .bool,
        "tlsAllowInvalidCertificates": .bool,
        "tlsAllowInvalidHostnames": .bool,
        "tlsCAFile": .text,
        "tlsCertificateKeyFile": .text,
        "tlsCertificateKeyFilePassword": .secret,
        "tlsDisableCertificateRevocationCheck": .bool,
        "tlsDisableOCSPEndpointCheck": .bool,
        "tlsInsecure": .bool,
        "uuidRepresentation": .word(["standard", "csharpLegacy", "javaLegacy", "pythonLegacy", "unspecified"]),
        "w": .numberOrText,
        "waitQueueTimeoutMS": natural,
        "wtimeoutMS": natural,
        "zlibCompressionLevel": .number(-1...9),
    ]

    /// The options by their names in lower case.
    static let known = Dictionary(uniqueKeysWithValues: spelled.map { ($0.key.lowercased(), $0.value) })

    private static let spellings = Dictionary(uniqueKeysWithValues: spelled.keys.map { ($0.lowercased(), $0) })

    /// An option's name as the specification spells it; one that is not known as it is.
    static func spelling(of name: String) -> String { spellings[name] ?? name }

    /// What its value must be, for a person.
    var requirement: String {
        switch self {
        case .bool: "must be true or false"
        case .number(let range) where range.upperBound == Int(Int32.max):
            "must be a whole number, \(range.lowerBound) at least"
        case .number(let range): "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        // Only `appName` has a limit.
        case .text, .secret: "must be 128 bytes at most"
        case .word(let words): "must be one of " + words.joined(separator: ", ")
        case .words(let words): "must be some of " + words.joined(separator: ", ")
        case .tags, .properties: "must be pairs key:value, separated by commas"
        case .numberOrText: "must be a text, or a whole number, 0 at least"
        }
    }

    /// Options that are refused when they are given twice, by the specification for proxies.
    static let once: Set<String> = ["proxyhost", "proxyport", "proxyusername", "proxypassword"]
}
