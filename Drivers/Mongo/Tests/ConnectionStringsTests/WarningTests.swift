// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import Testing

/// Warnings say what an option's value must be, and spell the option as the specification does.
@Suite struct `Warnings of connection strings` {
    @Test(arguments: [
        ("maxPoolSize=-1", "maxPoolSize must be a whole number, 0 at least; it is ignored"),
        ("maxpoolsize=many", "maxPoolSize must be a whole number, 0 at least; it is ignored"),
        ("heartbeatFrequencyMS=1", "heartbeatFrequencyMS must be a whole number, 500 at least; it is ignored"),
        ("zlibCompressionLevel=10", "zlibCompressionLevel must be a whole number from -1 to 9; it is ignored"),
        ("retryWrites=maybe", "retryWrites must be true or false; it is ignored"),
        (
            "serverMonitoringMode=never",
            "serverMonitoringMode must be one of auto, stream, poll; it is ignored"
        ),
        ("compressors=zlib,lzma", "compressors must be some of snappy, zlib, zstd; others are ignored"),
        ("compressors=lzma", "compressors must be some of snappy, zlib, zstd; it is ignored"),
        ("readPreferenceTags=dc", "readPreferenceTags must be pairs key:value, separated by commas; it is ignored"),
        ("w=-2", "w must be a text, or a whole number, 0 at least; it is ignored"),
        ("appName=\(String(repeating: "x", count: 129))", "appName must be 128 bytes at most; it is ignored"),
        ("appName=", "appName is empty; it is ignored"),
        ("wtimeout=5", "wtimeout is deprecated; use wtimeoutMS"),
        ("timeoutMS=1&timeoutMS=2", "timeoutMS is given twice; the last one counts"),
        ("poolSize=3", "poolsize is not an option; it is ignored"),
    ])
    func `say what would be right`(_ option: String, _ words: String) throws {
        let string = try ConnectionString("mongodb://127.0.0.1/?\(option)")
        #expect(string.warnings.map(\.description) == ["connection string: \(words)"])
        // For a program, the name stays in lower case.
        #expect(string.warnings.map(\.option).allSatisfy { $0 == $0.lowercased() })
    }
}
