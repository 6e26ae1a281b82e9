// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import _CryptoExtras

/// What a password and a server's salt come to. Who has these needs no password: they are not printed.
struct SCRAMKeys: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let client: [UInt8]
    let stored: [UInt8]
    let server: [UInt8]

    var description: String { "<hidden>" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Takes milliseconds: not on an event loop.
    ///
    /// - Throws: `SCRAM.Refusal` for a password that has what none may have.
    init(_ hash: SCRAM.Hash, username: String, password: String, _ challenge: SCRAM.Challenge) throws {
        let secret: String
        switch hash {
        case .sha1:
            // MongoDB's own: the password of the older mechanism is a digest, and no SASLprep is made of it.
            let digest = Insecure.MD5.hash(data: Data("\(username):mongo:\(password)".utf8))
            secret = digest.map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0" + text : text
            }.joined()
        case .sha256:
            guard let prepared = SASLprep.prepare(password) else {
                throw SCRAM.Refusal(reason: "the password has a character that SASLprep prohibits")
            }
            secret = prepared
        }
        let salted = try KDF.Insecure.PBKDF2.deriveKey(
            from: Data(secret.utf8),
            salt: Data(challenge.salt),
            using: hash == .sha1 ? .insecureSHA1 : .sha256,
            outputByteCount: hash == .sha1 ? 20 : 32,
            unsafeUncheckedRounds: challenge.rounds
        ).withUnsafeBytes { Array($0) }
        client = SCRAM.mac(hash, salted, Array("Client Key".utf8))
        server = SCRAM.mac(hash, salted, Array("Server Key".utf8))
        switch hash {
        case .sha1: stored = Array(Insecure.SHA1.hash(data: client))
        case .sha256: stored = Array(SHA256.hash(data: client))
        }
    }
}
