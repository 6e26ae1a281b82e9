// SPDX-License-Identifier: Apache-2.0

import BSON

/// A flat document of ten fields: what most collections hold.
struct Small: Codable {
    private enum CodingKeys: String, CodingKey {
        case id = "_id"
        case name, email, age, score, isActive, visits, created, city, comment
    }

    let id: ObjectID
    let name: String
    let email: String
    let age: Int32
    let score: Double
    let isActive: Bool
    let visits: Int64
    let created: BSONDate
    let city: String
    let comment: String

    static let example = Small(
        id: ObjectID(),
        name: "Ada Lovelace",
        email: "ada.lovelace@example.org",
        age: 36,
        score: 98.25,
        isActive: true,
        visits: 5_000_000_000,
        created: BSONDate(milliseconds: 1_767_225_600_123),
        city: "London",
        comment: "Wrote the first program for a machine that was never built."
    )

    func write(to writer: inout BSONWriter) throws(BSONError) {
        try writer.append(id, forKey: "_id")
        try writer.append(name, forKey: "name")
        try writer.append(email, forKey: "email")
        try writer.append(age, forKey: "age")
        try writer.append(score, forKey: "score")
        try writer.append(isActive, forKey: "isActive")
        try writer.append(visits, forKey: "visits")
        try writer.append(created, forKey: "created")
        try writer.append(city, forKey: "city")
        try writer.append(comment, forKey: "comment")
    }
}

/// Twenty documents, each in the one before.
final class Deep: Codable {
    let name: String
    let level: Int32
    let ratio: Double
    let label: String
    let child: Deep?

    init(levels: Int32) {
        name = "level \(levels)"
        level = levels
        ratio = Double(levels) / 7
        label = "a label of middling length"
        child = levels > 1 ? Deep(levels: levels - 1) : nil
    }

    func write(to writer: inout BSONWriter) throws(BSONError) {
        try writer.append(name, forKey: "name")
        try writer.append(level, forKey: "level")
        try writer.append(ratio, forKey: "ratio")
        try writer.append(label, forKey: "label")
        guard let child else { return }
        try writer.beginDocument(forKey: "child")
        try child.write(to: &writer)
        try writer.end()
    }
}

/// Long text, and arrays of a thousand numbers and five hundred words.
struct Large: Codable {
    let title: String
    let body: String
    let measures: [Double]
    let counts: [Int32]
    let words: [String]

    static let example = Large(
        title: "A large document",
        body: String(repeating: "Forty characters of plain text, and so. ", count: 200),
        measures: (0..<1_000).map { Double($0) * 1.25 },
        counts: (0..<1_000).map { $0 &* 7_919 },
        words: (0..<500).map { "word number \($0) of five hundred" }
    )

    func write(to writer: inout BSONWriter) throws(BSONError) {
        try writer.append(title, forKey: "title")
        try writer.append(body, forKey: "body")
        try writer.beginArray(forKey: "measures")
        for measure in measures { try writer.append(measure) }
        try writer.end()
        try writer.beginArray(forKey: "counts")
        for count in counts { try writer.append(count) }
        try writer.end()
        try writer.beginArray(forKey: "words")
        for word in words { try writer.append(word) }
        try writer.end()
    }
}
