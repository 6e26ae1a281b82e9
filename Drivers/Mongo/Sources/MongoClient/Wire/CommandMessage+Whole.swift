// SPDX-License-Identifier: Apache-2.0

import BSON

extension CommandMessage {
    /// The command as one document, for an observer of commands.
    func whole(adding extras: CommandExtras, session: BSONDocument?) -> BSONDocument {
        var pairs = body.map { ($0.key, $0.value) }
        if let sequence {
            let documents = sequence.documents.indices.map { index -> BSONValue in
                guard !sequence.ids.isEmpty, let id = sequence.ids[index] else {
                    return .document(sequence.documents[index])
                }
                let rest = sequence.documents[index].map { ($0.key, $0.value) }
                return .document(BSONDocument(pairs: [("_id", .objectID(id))] + rest))
            }
            pairs.append((sequence.field.description, .array(BSONArray(documents))))
        }
        if let session { pairs.append(("lsid", .document(session))) }
        if let number = extras.transactionNumber { pairs.append(("txnNumber", .int64(number))) }
        if let limit = extras.maximumTime { pairs.append(("maxTimeMS", .int64(limit))) }
        pairs.append(("$db", .string(database)))
        if let preference = extras.readPreference { pairs.append(("$readPreference", .document(preference))) }
        if let interface = extras.serverInterface {
            pairs.append(("apiVersion", .string(interface.version)))
            if let strict = interface.isStrict { pairs.append(("apiStrict", .bool(strict))) }
            if let errors = interface.deprecationErrors { pairs.append(("apiDeprecationErrors", .bool(errors))) }
        }
        return BSONDocument(pairs: pairs)
    }
}
