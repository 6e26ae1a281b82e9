// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// One talk by which client and server each prove that they know the password, or its keys.
///
/// Pure: the nonce comes in, and the keys are derived outside, for that takes milliseconds.
/// - Source: RFC 5802 and RFC 7677, without channel binding, as MongoDB's drivers do it.
struct SCRAM: Sendable {
    /// Which hash.
    enum Hash: String, Sendable, Hashable {
        case sha1 = "SCRAM-SHA-1"
        case sha256 = "SCRAM-SHA-256"
    }

    /// What keys are made of.
    struct Challenge: Sendable, Hashable {
        let salt: [UInt8]
        let rounds: Int
    }

    /// Why the talk ended.
    struct Refusal: Error, Sendable, Hashable {
        let reason: String
    }

    /// Fewer rounds would make a stolen proof cheap to guess from; the specification's bound.
    static let leastRounds = 4_096
    /// A server must not keep this machine busy: that many take about a second.
    static let mostRounds = 2_000_000
    /// Messages are short; what is longer is not looked at.
    private static let lengthLimit = 4_096

    let hash: Hash
    private let nonce: String
    private let bareFirst: String
    private var serverFirst = ""
    private var fullNonce = ""
    private var serverSignature: [UInt8] = []

    /// - Parameter nonce: at random, of printable characters without a comma; 24 and more.
    init(_ hash: Hash, username: String, nonce: String) {
        self.hash = hash
        self.nonce = nonce
        var name = ""
        for character in username {
            switch character {
            case "=": name += "=3D"
            case ",": name += "=2C"
            default: name.append(character)
            }
        }
        bareFirst = "n=\(name),r=\(nonce)"
    }

    /// The first message, which has no secret in it.
    var clientFirst: [UInt8] { Array("n,,\(bareFirst)".utf8) }

    /// Reads what the server wants the keys to be made of.
    mutating func challenge(_ bytes: some Collection<UInt8>) throws(Refusal) -> Challenge {
        let fields = try Self.fields(bytes, atMost: Self.lengthLimit)
        serverFirst = String(decoding: bytes, as: UTF8.self)
        guard fields["m"] == nil else { throw Refusal(reason: "the server wants an extension of SCRAM") }
        guard let nonce = fields["r"], nonce.hasPrefix(self.nonce), nonce.utf8.count > self.nonce.utf8.count else {
            throw Refusal(reason: "the server's nonce does not continue the client's")
        }
        guard let salt = fields["s"].flatMap({ Data(base64Encoded: $0) }), !salt.isEmpty else {
            throw Refusal(reason: "the server's salt is no base64")
        }
        guard let rounds = fields["i"].flatMap({ Int($0) }), rounds >= Self.leastRounds else {
            throw Refusal(reason: "the server wants fewer than \(Self.leastRounds) rounds")
        }
        guard rounds <= Self.mostRounds else {
            throw Refusal(reason: "the server wants more than \(Self.mostRounds) rounds")
        }
        fullNonce = nonce
        return Challenge(salt: Array(salt), rounds: rounds)
    }

    /// The message that proves the client's knowledge.
    mutating func clientFinal(_ keys: SCRAMKeys) -> [UInt8] {
        let bareFinal = "c=biws,r=\(fullNonce)"
        let signed = Array("\(bareFirst),\(serverFirst),\(bareFinal)".utf8)
        let signature = Self.mac(hash, keys.stored, signed)
        serverSignature = Self.mac(hash, keys.server, signed)
        let proof = zip(keys.client, signature).map { $0 ^ $1 }
        return Array("\(bareFinal),p=\(Data(proof).base64EncodedString())".utf8)
    }

    /// Checks that the server knows the keys too.
    func verify(_ bytes: some Collection<UInt8>) throws(Refusal) {
        let fields = try Self.fields(bytes, atMost: Self.lengthLimit)
        guard fields["e"] == nil else { throw Refusal(reason: "the server refused the proof") }
        guard let signature = fields["v"].flatMap({ Data(base64Encoded: $0) }) else {
            throw Refusal(reason: "the server gave no signature")
        }
        guard Self.areEqual(Array(signature), serverSignature) else {
            throw Refusal(reason: "the server's signature is wrong: it does not know the password")
        }
    }

    /// Takes as long wherever the first difference is.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count, !left.isEmpty else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    static func mac(_ hash: Hash, _ key: [UInt8], _ text: [UInt8]) -> [UInt8] {
        let key = SymmetricKey(data: key)
        switch hash {
        case .sha1: return Array(HMAC<Insecure.SHA1>.authenticationCode(for: text, using: key))
        case .sha256: return Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
        }
    }

    private static func fields(_ bytes: some Collection<UInt8>, atMost limit: Int) throws(Refusal) -> [String: String] {
        guard bytes.count <= limit else { throw Refusal(reason: "a message of \(bytes.count) bytes") }
        var fields: [String: String] = [:]
        for part in String(decoding: bytes, as: UTF8.self).split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, fields[String(pair[0])] == nil else {
                throw Refusal(reason: "a message that is none of SCRAM's")
            }
            fields[String(pair[0])] = String(pair[1])
        }
        return fields
    }
}
