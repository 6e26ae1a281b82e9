// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings

@testable import MongoClient

/// An operation's arguments, as options of ours.
struct UnifiedArguments {
    let document: BSONDocument

    subscript(key: String) -> BSONValue? { document[key] }
    func document(_ key: String) -> BSONDocument { document[key]?.document ?? [:] }
    func documents(_ key: String) -> [BSONDocument]? { document[key]?.array?.compactMap(\.document) }

    /// What has no option of its own goes into the command as it is.
    private var additional: BSONDocument? { document["rawData"].map { ["rawData": $0] } }
    private var maximumTime: Duration? { document["maxTimeMS"]?.integer.map { .milliseconds($0) } }

    func change(_ key: String = "update") -> UpdateModification {
        documents(key).map(UpdateModification.pipeline) ?? .operators(document(key))
    }

    var find: FindOptions {
        var options = FindOptions()
        options.sort = self["sort"]?.document
        options.projection = self["projection"]?.document
        options.skip = self["skip"]?.integer
        options.limit = self["limit"]?.integer
        options.batchSize = self["batchSize"]?.integer
        options.hint = self["hint"]
        options.collation = self["collation"]?.document
        options.comment = self["comment"]
        options.variables = self["let"]?.document
        options.allowDiskUse = self["allowDiskUse"]?.bool
        options.maximumTime = maximumTime
        options.additional = additional
        return options
    }

    var aggregate: AggregateOptions {
        var options = AggregateOptions()
        options.batchSize = self["batchSize"]?.integer
        options.allowDiskUse = self["allowDiskUse"]?.bool
        options.bypassDocumentValidation = self["bypassDocumentValidation"]?.bool
        options.hint = self["hint"]
        options.collation = self["collation"]?.document
        options.comment = self["comment"]
        options.variables = self["let"]?.document
        options.maximumTime = maximumTime
        options.additional = additional
        return options
    }

    var count: CountOptions {
        var options = CountOptions()
        options.skip = self["skip"]?.integer
        options.limit = self["limit"]?.integer
        options.hint = self["hint"]
        options.collation = self["collation"]?.document
        options.comment = self["comment"]
        options.maximumTime = maximumTime
        options.additional = additional
        return options
    }

    var insert: InsertOptions {
        var options = InsertOptions()
        options.isOrdered = self["ordered"]?.bool ?? true
        options.bypassDocumentValidation = self["bypassDocumentValidation"]?.bool
        options.comment = self["comment"]
        options.additional = additional
        return options
    }

    var update: UpdateOptions {
        var options = UpdateOptions()
        options.upsert = self["upsert"]?.bool
        options.arrayFilters = documents("arrayFilters")
        options.sort = self["sort"]?.document
        options.hint = self["hint"]
        options.collation = self["collation"]?.document
        options.variables = self["let"]?.document
        options.bypassDocumentValidation = self["bypassDocumentValidation"]?.bool
        options.comment = self["comment"]
        options.additional = additional
        return options
    }

    var delete: DeleteOptions {
        var options = DeleteOptions()
        options.hint = self["hint"]
        options.collation = self["collation"]?.document
        options.variables = self["let"]?.document
        options.comment = self["comment"]
        options.additional = additional
        return options
    }

    var modify: FindAndModifyOptions {
        var options = FindAndModifyOptions()
        options.upsert = self["upsert"]?.bool
        options.returnsNew = self["returnDocument"]?.string.map { $0 == "After" }
        options.sort = self["sort"]?.document
        options.projection = self["projection"]?.document
        options.arrayFilters = documents("arrayFilters")
        options.hint = self["hint"]
        options.collation = self["collation"]?.document
        options.variables = self["let"]?.document
        options.bypassDocumentValidation = self["bypassDocumentValidation"]?.bool
        options.comment = self["comment"]
        options.maximumTime = maximumTime
        options.additional = additional
        return options
    }

    /// The models of a bulk write.
    func models() -> [WriteModel] {
        (documents("requests") ?? []).compactMap { request in
            guard let (name, value) = request.first(where: { _ in true }) else { return nil }
            let arguments = UnifiedArguments(document: value.document ?? [:])
            let filter = arguments.document("filter")
            switch name {
            case "insertOne": return .insertOne(arguments.document("document"))
            case "updateOne": return .updateOne(filter, arguments.change(), arguments.update)
            case "updateMany": return .updateMany(filter, arguments.change(), arguments.update)
            case "replaceOne": return .replaceOne(filter, with: arguments.document("replacement"), arguments.update)
            case "deleteOne": return .deleteOne(filter, arguments.delete)
            case "deleteMany": return .deleteMany(filter, arguments.delete)
            default: return nil
            }
        }
    }

    static func writeConcern(_ document: BSONDocument?) -> WriteConcern? {
        guard let document else { return nil }
        var concern = WriteConcern(journal: document["journal"]?.bool ?? document["j"]?.bool)
        switch document["w"] {
        case .string(let name)?: concern.acknowledgement = .named(name)
        case let value?: concern.acknowledgement = value.integer.map { .members($0) }
        case nil: break
        }
        return concern
    }

    static func readRule(_ document: BSONDocument?) -> ReadRule? {
        let mode = document?["mode"]?.string?.lowercased()
        let staleness = document?["maxStalenessSeconds"]?.integer.map { Duration.seconds($0) }
        return ReadPreference.allCases.first { $0.rawValue.lowercased() == mode }
            .map { ReadRule($0, maximumStaleness: staleness) }
    }
}
