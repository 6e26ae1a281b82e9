// SPDX-License-Identifier: Apache-2.0

import BSON

/// Prints one line for each document shape: its name, its bytes in hexadecimal digits, and four rates in bytes a
/// second: documents out (values to bytes), documents in (bytes to values), and the same by `Codable`.
///
/// `Benchmarks/bson` runs it, and PyMongo on the same bytes.
@main
struct BSONBenchmark {
    static func main() throws {
        let deep = Deep(levels: 20)
        try measure("small", Small.example) { writer throws(BSONError) in try Small.example.write(to: &writer) }
        try measure("deep", deep) { writer throws(BSONError) in try deep.write(to: &writer) }
        try measure("large", Large.example) { writer throws(BSONError) in try Large.example.write(to: &writer) }
    }

    private static func measure<Value: Codable>(
        _ name: String,
        _ value: Value,
        _ write: (inout BSONWriter) throws(BSONError) -> Void
    ) throws {
        let document = try BSONWriter.document(write)
        let bytes = Array(document.bytes)
        let encoder = BSONEncoder()
        let decoder = BSONDecoder()
        guard try encoder.encode(value) == document else { fatalError("\(name): Codable writes other bytes") }
        let out = try rate(of: bytes.count) { consume(try BSONWriter.document(write)) }
        let read = try rate(of: bytes.count) { consume(visit(try BSONDocument(validating: bytes))) }
        let codableOut = try rate(of: bytes.count) { consume(try encoder.encode(value)) }
        let codableIn = try rate(of: bytes.count) {
            consume(try decoder.decode(Value.self, from: BSONDocument(validating: bytes)))
        }
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
        print(name, digits, Int(out), Int(read), Int(codableOut), Int(codableIn))
    }
}
