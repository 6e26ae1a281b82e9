// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ConnectionStrings

@Suite(.enabled(if: !Vectors.strings.isEmpty, "needs the vectors beside the project"))
struct `The specification's connection strings` {
    @Test(arguments: Vectors.strings)
    func `are read, refused or passed over with a warning, as the file says`(name: String) throws {
        for example in try Vectors.examples(name) {
            let what = Comment(rawValue: "\(example.description): \(example.uri)")
            guard example.valid ?? true else {
                #expect(throws: ConnectionStringError.self, what) { try ConnectionString(example.uri) }
                continue
            }
            let string = try ConnectionString(example.uri)
            if let warning = example.warning { #expect(string.warnings.isEmpty != warning, what) }
            if let hosts = example.hosts { #expect(string.hosts == hosts.map(host), what) }
            if let auth = example.auth {
                #expect(string.username?.value == auth.username, what)
                #expect(string.password?.value == auth.password, what)
                #expect(string.database == auth.db, what)
            }
            for (option, value) in example.options ?? [:] {
                #expect(string.options.values[option.lowercased()].map(plain) == value, what)
            }
        }
    }

    @Test func `are all there, and none is skipped`() throws {
        let count = try Vectors.strings.map { try Vectors.examples($0).count }.reduce(0, +)
        print("connection-string and uri-options: \(count) cases, 0 skipped")
        #expect(count == 257)
    }

    private func host(_ expected: Vectors.Host) -> ServerHost {
        switch expected.type {
        case "ipv4": .ipv4(expected.host, port: expected.port)
        case "ip_literal": .ipv6(expected.host, zone: nil, port: expected.port)
        case "unix": .unixSocket(expected.host)
        default: .name(expected.host, port: expected.port)
        }
    }

    private func plain(_ value: OptionValue) -> Vectors.Option {
        switch value {
        case .bool(let value): .bool(value)
        case .number(let value): .number(value)
        case .text(let value): .text(value)
        case .words(let value): .words(value)
        case .secret(let value): .text(value.value)
        case .tags(let value): .tags(value)
        case .properties(let value): .properties(value.mapValues(\.value))
        }
    }
}

@Suite(.enabled(if: !Vectors.credentials.isEmpty, "needs the vectors beside the project"))
struct `The specification's credentials` {
    /// The same file has `user%21…:pass%21…@localhost` with this mechanism, and a name, a password and a session token,
    /// as valid: no rule passes both.
    static let contradicted = ["should throw an exception if username and password provided (MONGODB-AWS)"]

    @Test func `are made or refused as the file says`() throws {
        var passed = 0
        for name in Vectors.credentials {
            for example in try Vectors.examples(name) where !Self.contradicted.contains(example.description) {
                let what = Comment(rawValue: "\(example.description): \(example.uri)")
                passed += 1
                guard example.valid ?? true else {
                    #expect(throws: ConnectionStringError.self, what) { try ConnectionString(example.uri).credential() }
                    continue
                }
                let credential = try ConnectionString(example.uri).credential()
                #expect((credential == nil) == (example.credential == nil), what)
                guard let credential, let expected = example.credential else { continue }
                #expect(credential.username?.value == expected.username, what)
                #expect(credential.password?.value == expected.password, what)
                #expect(credential.source == expected.source, what)
                #expect(credential.mechanism?.rawValue == expected.mechanism, what)
                #expect(credential.properties.mapValues(\.value) == expected.mechanism_properties ?? [:], what)
            }
        }
        print("auth/legacy: \(passed) cases, \(Self.contradicted.count) skipped: \(Self.contradicted)")
        #expect(passed == 66)
    }
}
