// SPDX-License-Identifier: Apache-2.0

import BSON

extension WriteBatch {
    /// Models as batches of one kind: those that follow one another, or, where order does not count, all of a kind that
    /// may be sent again, and all that may not.
    static func batches(of models: [WriteModel], isOrdered: Bool) throws(MongoError) -> [WriteBatch] {
        var batches: [WriteBatch] = []
        for (place, model) in models.enumerated() {
            let (kind, isMany) = (model.kind, model.isMany)
            let fits = { (batch: WriteBatch) in batch.kind == kind && (isOrdered || batch.isRepeatable != isMany) }
            let found =
                isOrdered ? batches.indices.last.filtered { fits(batches[$0]) } : batches.firstIndex(where: fits)
            if let found {
                try batches[found].add(model, place: place)
            } else {
                var batch = WriteBatch(kind)
                try batch.add(model, place: place)
                batches.append(batch)
            }
        }
        return batches
    }

    private mutating func add(_ model: WriteModel, place: Int) throws(MongoError) {
        switch model {
        case .insertOne(let document): insert(document, place: place)
        case .updateOne(let filter, let change, let options):
            try update(filter, change.value(), many: false, options, place: place)
        case .updateMany(let filter, let change, let options):
            try update(filter, change.value(), many: true, options, place: place)
        case .replaceOne(let filter, let replacement, let options):
            try update(filter, replacement.checkedReplacement(), many: false, options, place: place)
        case .deleteOne(let filter, let options): try delete(filter, many: false, options, place: place)
        case .deleteMany(let filter, let options): try delete(filter, many: true, options, place: place)
        }
    }
}

extension WriteModel {
    fileprivate var kind: WriteBatch.Kind {
        switch self {
        case .insertOne: .insert
        case .updateOne, .updateMany, .replaceOne: .update
        case .deleteOne, .deleteMany: .delete
        }
    }

    fileprivate var isMany: Bool {
        switch self {
        case .updateMany, .deleteMany: true
        case .insertOne, .updateOne, .replaceOne, .deleteOne: false
        }
    }
}

extension Int? {
    fileprivate func filtered(_ fits: (Int) -> Bool) -> Int? { flatMap { fits($0) ? $0 : nil } }
}
