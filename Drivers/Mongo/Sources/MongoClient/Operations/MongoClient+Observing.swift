// SPDX-License-Identifier: Apache-2.0

import BSON

/// What a client's observer is told of its commands.
extension MongoClient {
    enum Told {
        case started
        case succeeded(BSONDocument)
        case failed(MongoError)
    }

    func tell(
        _ told: Told,
        _ message: CommandMessage,
        _ extras: CommandExtras,
        _ session: ServerSession?,
        _ server: ServerAddress
    ) {
        guard let observer = settings.observer else { return }
        let isSecret = Self.secrets.contains(message.name.lowercased())
        let kind: CommandEvent.Kind =
            switch told {
            case .started: .started(isSecret ? [:] : message.whole(adding: extras, session: session?.document))
            case .succeeded(let reply): .succeeded(isSecret ? [:] : reply)
            case .failed(let error): .failed(isSecret ? error.withoutWords : error)
            }
        observer(CommandEvent(kind: kind, command: message.name, database: message.database, server: "\(server)"))
    }

    /// Commands that carry passwords and proofs.
    ///
    /// - Source: the drivers' specification "Command Logging and Monitoring", where it speaks of security.
    private static let secrets: Set<String> = [
        "authenticate", "saslstart", "saslcontinue", "getnonce", "createuser", "updateuser", "copydbgetnonce",
        "copydbsaslstart", "copydb",
    ]
}

extension MongoError {
    /// The same without what the server said, which may quote what it was sent.
    fileprivate var withoutWords: MongoError {
        guard let failure else { return self }
        var error = MongoError(code, "\(failure.code) \(failure.codeName)")
        error.server = server
        error.failure = CommandFailure(code: failure.code, codeName: failure.codeName, message: "")
        error.labels = labels
        return error
    }
}
