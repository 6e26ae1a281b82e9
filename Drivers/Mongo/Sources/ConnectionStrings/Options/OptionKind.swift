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

    /// The options by their names in lower case. What is not here is passed over with a warning.
    static let known: [String: OptionKind] = [
        "appname": .text,
        "authmechanism": .word(Credential.Mechanism.allCases.map(\.rawValue)),
        "authmechanismproperties": .properties,
        "authsource": .text,
        "compressors": .words(["snappy", "zlib", "zstd"]),
        "connecttimeoutms": natural,
        "directconnection": .bool,
        "enableoverloadretargeting": .bool,
        // The specification's least value.
        "heartbeatfrequencyms": .number(500...Int(Int32.max)),
        "journal": .bool,
        "loadbalanced": .bool,
        "localthresholdms": natural,
        "maxadaptiveretries": natural,
        "maxconnecting": positive,
        "maxidletimems": natural,
        "maxpoolsize": natural,
        // -1 stands for none.
        "maxstalenessseconds": .number(-1...Int(Int32.max)),
        "minpoolsize": natural,
        "proxyhost": .text,
        "proxypassword": .secret,
        "proxyport": .number(1...65_535),
        "proxyusername": .secret,
        "readconcernlevel": .text,
        "readpreference": .word(["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"]),
        "readpreferencetags": .tags,
        "replicaset": .text,
        "retryreads": .bool,
        "retrywrites": .bool,
        "servermonitoringmode": .word(["auto", "stream", "poll"]),
        "serverselectiontimeoutms": natural,
        "serverselectiontryonce": .bool,
        "sockettimeoutms": natural,
        "srvmaxhosts": natural,
        "srvservicename": .text,
        "timeoutms": natural,
        "tls": .bool,
        "tlsallowinvalidcertificates": .bool,
        "tlsallowinvalidhostnames": .bool,
        "tlscafile": .text,
        "tlscertificatekeyfile": .text,
        "tlscertificatekeyfilepassword": .secret,
        "tlsdisablecertificaterevocationcheck": .bool,
        "tlsdisableocspendpointcheck": .bool,
        "tlsinsecure": .bool,
        "uuidrepresentation": .word(["standard", "csharpLegacy", "javaLegacy", "pythonLegacy", "unspecified"]),
        "w": .numberOrText,
        "waitqueuetimeoutms": natural,
        "wtimeoutms": natural,
        "zlibcompressionlevel": .number(-1...9),
    ]

    /// Options that are refused when they are given twice, by the specification for proxies.
    static let once: Set<String> = ["proxyhost", "proxyport", "proxyusername", "proxypassword"]
}
