// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings

/// The talk with which a connection begins: hello, then the proof of who the client is, the first step of which goes
/// out with hello already.
///
/// Pure: messages and derived keys go in, what to send next comes out.
///
/// ```
/// hello ──▶ (saslStart) ──▶ keys ──▶ saslContinue ──▶ … done ──▶ ready
///   └─────────── nobody to authenticate ──────────────────────────▲
/// ```
struct Greeting: Sendable {
    enum Action: Sendable {
        /// A command for a database; as an old query only the first hello.
        case send(BSONDocument, database: String, asQuery: Bool)
        /// Keys are wanted, which takes a while.
        case derive(SCRAM.Hash, SCRAM.Challenge)
        /// The connection may be used; with the answer to hello.
        case ready(BSONDocument)
        case failed(MongoError)
    }

    private enum State {
        case new
        case saidHello(SCRAM?)
        /// The server's first message is waited for.
        case started(SCRAM)
        /// Keys are waited for.
        case challenged(SCRAM, conversation: BSONValue)
        /// The server's signature is waited for.
        case proved(SCRAM, conversation: BSONValue)
        /// An empty last step is waited for, by servers that want one.
        case verified
        /// The answer to a proof of one step.
        case askedOnce
        case over
    }

    private let settings: GreetingSettings
    /// A monitor's connection proves nothing.
    private let authenticates: Bool
    private let nonce: String
    private var state = State.new
    private var hello = BSONDocument()

    /// - Parameter nonce: at random, 24 printable characters and more, without a comma.
    init(_ settings: GreetingSettings, authenticates: Bool, nonce: String) {
        self.settings = settings
        self.authenticates = authenticates
        self.nonce = nonce
    }

    private var credential: Credential? { authenticates ? settings.credential : nil }

    mutating func start() -> Action {
        var speculation: BSONDocument?
        var scram: SCRAM?
        switch credential?.mechanism {
        case _ where credential == nil: break
        case nil, .scramSHA256?: scram = talk(.sha256)
        case .scramSHA1?: scram = talk(.sha1)
        case .x509?: speculation = x509
        default: break
        }
        if let scram { speculation = saslStart(scram, isSpeculative: true) }
        state = .saidHello(scram)
        var settings = settings
        if !authenticates { settings.credential = nil }
        let (document, isQuery) = settings.hello(speculation: speculation)
        return .send(document, database: "admin", asQuery: isQuery)
    }

    /// The server has answered.
    mutating func answered(_ reply: BSONDocument) -> Action {
        let isDone = reply["done"]?.bool == true
        switch state {
        case .saidHello(let scram):
            guard reply["ok"]?.double == 1 else { return fail(.refused(reply, by: nil)) }
            hello = reply
            return afterHello(scram)
        case .started(let scram):
            guard reply["ok"]?.double == 1 else { return refused(reply) }
            return challenged(scram, reply)
        case .proved(let scram, let conversation):
            guard reply["ok"]?.double == 1 else { return refused(reply) }
            do throws(SCRAM.Refusal) {
                try scram.verify(reply["payload"]?.bytes ?? [])
            } catch {
                return fail(refusal(error.reason))
            }
            if isDone { return ready() }
            state = .verified
            return send(["saslContinue": 1, "conversationId": conversation, "payload": .binary(BSONBinary([]))])
        case .verified:
            guard reply["ok"]?.double == 1 else { return refused(reply) }
            return isDone ? ready() : fail(refusal("the talk does not end"))
        case .askedOnce: return reply["ok"]?.double == 1 ? ready() : refused(reply)
        case .new, .challenged, .over: return fail(refusal("an answer that was not asked for"))
        }
    }

    /// The keys are there.
    mutating func derived(_ keys: SCRAMKeys) -> Action {
        guard case .challenged(var scram, let conversation) = state else { return fail(refusal("keys not asked for")) }
        let proof = scram.clientFinal(keys)
        state = .proved(scram, conversation: conversation)
        return send(["saslContinue": 1, "conversationId": conversation, "payload": .binary(BSONBinary(proof))])
    }

    // MARK: - Steps

    private mutating func afterHello(_ scram: SCRAM?) -> Action {
        guard let credential, !isArbiter else { return ready() }
        let speculated = hello["speculativeAuthenticate"]?.document
        switch credential.mechanism {
        case .x509?:
            if speculated != nil { return ready() }
            state = .askedOnce
            return .send(x509, database: "$external", asQuery: false)
        case .plain?:
            state = .askedOnce
            let (user, password) = (credential.username?.value ?? "", credential.password?.value ?? "")
            let payload = BSONValue.binary(BSONBinary([0] + Array(user.utf8) + [0] + Array(password.utf8)))
            return send(["saslStart": 1, "mechanism": "PLAIN", "payload": payload])
        case nil, .scramSHA1?, .scramSHA256?:
            if let scram, let speculated { return challenged(scram, speculated) }
            let mechanisms = hello["saslSupportedMechs"]?.array?.compactMap(\.string) ?? []
            let isNew = credential.mechanism == .scramSHA256
            let isOpen = credential.mechanism == nil && mechanisms.contains(SCRAM.Hash.sha256.rawValue)
            let talk = talk(isNew || isOpen ? .sha256 : .sha1)
            state = .started(talk)
            return send(saslStart(talk, isSpeculative: false))
        case .gssapi?, .aws?, .oidc?:
            return fail(MongoError(.unsupported, "the mechanism is not one that this client has"))
        }
    }

    private mutating func challenged(_ scram: SCRAM, _ reply: BSONDocument) -> Action {
        var scram = scram
        do throws(SCRAM.Refusal) {
            let challenge = try scram.challenge(reply["payload"]?.bytes ?? [])
            state = .challenged(scram, conversation: reply["conversationId"] ?? 1)
            return .derive(scram.hash, challenge)
        } catch {
            return fail(refusal(error.reason))
        }
    }

    private mutating func ready() -> Action {
        state = .over
        return .ready(hello)
    }

    private mutating func fail(_ error: MongoError) -> Action {
        state = .over
        return .failed(error)
    }

    private mutating func refused(_ reply: BSONDocument) -> Action {
        let failure = CommandFailure(reply)
        var error = refusal("\(failure.code) \(failure.codeName): \(failure.message)")
        error.failure = failure
        error.labels = Set(labels: reply)
        return fail(error)
    }

    func refusal(_ words: String) -> MongoError {
        MongoError(.authenticationFailed, "against \(credential?.source ?? "nothing"): \(words)")
    }

    /// Arbiters have no users. A server that says more than that of itself is none.
    private var isArbiter: Bool { ServerDescription.kind(hello) == .arbiter }

    private func talk(_ hash: SCRAM.Hash) -> SCRAM {
        SCRAM(hash, username: credential?.username?.value ?? "", nonce: nonce)
    }

    private var x509: BSONDocument {
        var document: BSONDocument = ["authenticate": 1, "mechanism": "MONGODB-X509"]
        if let user = credential?.username?.value { try? document.append(.string(user), forKey: "user") }
        if authenticates { try? document.append("$external", forKey: "db") }
        return document
    }

    private func saslStart(_ scram: SCRAM, isSpeculative: Bool) -> BSONDocument {
        var document: BSONDocument = [
            "saslStart": 1, "mechanism": .string(scram.hash.rawValue),
            "payload": .binary(BSONBinary(scram.clientFirst)), "options": ["skipEmptyExchange": true],
        ]
        if isSpeculative { try? document.append(.string(credential?.source ?? "admin"), forKey: "db") }
        return document
    }

    private func send(_ document: BSONDocument) -> Action {
        .send(document, database: credential?.source ?? "admin", asQuery: false)
    }
}

extension BSONValue {
    /// The bytes of a binary; of a text, as some servers send payloads.
    fileprivate var bytes: [UInt8]? {
        switch self {
        case .binary(let binary): Array(binary.bytes)
        case .string(let text): Array(text.utf8)
        default: nil
        }
    }
}
