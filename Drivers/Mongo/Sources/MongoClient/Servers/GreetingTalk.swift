// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore
import NIOPosix

/// Drives a `Greeting` on its connection's loop. Keys are derived on a thread of NIO's pool, for that takes
/// milliseconds, which other connections of the loop must not wait for.
final class GreetingTalk {
    private var greeting: Greeting
    private let connection: MongoConnection
    private let address: ServerAddress
    private let settings: GreetingSettings
    private let keys: SCRAMKeyCache
    private let deadline: NIODeadline?
    private let promise: EventLoopPromise<Void>
    private var sent: NIODeadline?
    private var roundTrip: Duration = .zero

    init(
        _ greeting: Greeting,
        _ connection: MongoConnection,
        _ address: ServerAddress,
        _ settings: GreetingSettings,
        _ keys: SCRAMKeyCache,
        until deadline: NIODeadline?
    ) {
        self.greeting = greeting
        self.connection = connection
        self.address = address
        self.settings = settings
        self.keys = keys
        self.deadline = deadline
        promise = connection.channel.eventLoop.makePromise(of: Void.self)
    }

    func start() -> EventLoopFuture<Void> {
        carryOut(greeting.start())
        return promise.futureResult
    }

    private func carryOut(_ action: Greeting.Action) {
        switch action {
        case .send(let document, let database, let asQuery): send(document, database, asQuery)
        case .derive(let hash, let challenge): derive(hash, challenge)
        case .ready(let hello):
            let description = ServerDescription(address, hello: hello, roundTrip: roundTrip)
            connection.greeted(
                description,
                helloOk: hello["helloOk"]?.bool == true || hello["isWritablePrimary"] != nil
            )
            promise.succeed()
        case .failed(let error): promise.fail(error)
        }
    }

    private func send(_ document: BSONDocument, _ database: String, _ asQuery: Bool) {
        let request = connection.nextRequest()
        let allocator = connection.channel.allocator
        let bytes: ByteBuffer
        if asQuery {
            bytes = CommandMessage.query(document, request: request, allocator)
        } else {
            var body = document
            // The first hello has it already, for its own form needs it.
            body.removeValue(forKey: "$db")
            var extras = CommandExtras()
            if body["apiVersion"] == nil { extras.serverInterface = settings.serverInterface }
            let message = CommandMessage(body: body, database: database)
            bytes = message.encoded(request: request, adding: extras, allocator)
        }
        let began = NIODeadline.now()
        connection.send(bytes, request: request, until: deadline).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let reply):
                if self.sent == nil { self.roundTrip = .nanoseconds((NIODeadline.now() - began).nanoseconds) }
                self.sent = began
                self.carryOut(self.greeting.answered(reply.document))
            case .failure(let error): self.promise.fail(error)
            }
        }
    }

    private func derive(_ hash: SCRAM.Hash, _ challenge: SCRAM.Challenge) {
        let key = SCRAMKeyCache.Key(hash: hash, challenge: challenge)
        if let known = keys[key] { return carryOut(greeting.derived(known)) }
        let username = settings.credential?.username?.value ?? ""
        let password = settings.credential?.password?.value ?? ""
        let loop = connection.channel.eventLoop
        let derived = NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            try SCRAMKeys(hash, username: username, password: password, challenge)
        }
        derived.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let made):
                self.keys.add(made, for: key)
                self.carryOut(self.greeting.derived(made))
            case .failure(let error):
                let words = (error as? SCRAM.Refusal)?.reason ?? "\(error)"
                self.promise.fail(self.greeting.refusal(words))
            }
        }
    }
}
