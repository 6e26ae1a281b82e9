// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import Testing

@Suite struct `Secrets` {
    /// Each place that can hold one, with the same word in it.
    private let text =
        "mongodb://user%2Dhunter2:hunter2@example.com/db?authMechanism=MONGODB-AWS"
        + "&authMechanismProperties=AWS_SESSION_TOKEN:hunter2&tlsCertificateKeyFilePassword=hunter2"
        + "&proxyHost=p&proxyUsername=hunter2&proxyPassword=hunter2"

    private func printed(_ value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(dumped)"
    }

    @Test func `are not shown by any way of printing`() throws {
        let string = try ConnectionString(text)
        #expect(string.options.tlsCertificateKeyFilePassword?.value == "hunter2")
        let credential = try #require(try string.credential())
        #expect(credential.properties["AWS_SESSION_TOKEN"]?.value == "hunter2")
        #expect(string.warnings.isEmpty)
        for value in [string, string.options, credential, string.password as Any] as [Any] {
            #expect(!printed(value).contains("hunter2"))
        }
        #expect(
            string.description
                == "mongodb://<hidden>@example.com/db?authmechanism=…&authmechanismproperties=…&proxyhost=…"
                + "&proxypassword=…&proxyusername=…&tlscertificatekeyfilepassword=…"
        )
    }

    /// A password that was not encoded breaks the text at each of its characters.
    @Test func `are not shown by errors and warnings, wherever an unencoded one breaks the text`() throws {
        for character in "/?#@:%&=[], \\\"$+;" {
            let texts = [
                "mongodb://user:hun\(character)ter2@example.com/db?w=1",
                "mongodb://user:\(character)hunter2@example.com",
                "mongodb://user:hunter2\(character)@example.com/?tls=true",
                "mongodb://hunter2\(character)user:1@example.com",
                "mongodb+srv://user:hunter2\(character)@example.com",
                "mongodb://example.com/?tlsCertificateKeyFilePassword=hunter2\(character)hunter2",
                "mongodb://example.com/?authMechanismProperties=hunter2\(character)hunter2",
                "mongodb://example.com/?maxPoolSize=hunter2\(character)",
            ]
            for text in texts {
                do {
                    let string = try ConnectionString(text)
                    #expect(!printed(string.warnings).contains("ter2"), "\(text)")
                    _ = try string.credential()
                } catch {
                    #expect(!printed(error).contains("ter2") && !printed(error).contains("hun"), "\(text)")
                }
            }
        }
    }
}
