// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@Suite struct `Values` {
    @Test func `UUIDs are written and read in the orders of old drivers`() throws {
        let uuid = try #require(BSONUUID("00112233-4455-6677-8899-AABBCCDDEEFF"))
        #expect(uuid.description == "00112233-4455-6677-8899-aabbccddeeff")
        let written: [BSONUUID.Representation: [UInt8]] = [
            .standard: [
                0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
            ],
            .javaLegacy: [
                0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00, 0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88,
            ],
            .cSharpLegacy: [
                0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
            ],
            .pythonLegacy: [
                0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
            ],
        ]
        for representation in BSONUUID.Representation.allCases {
            let binary = BSONBinary(uuid, representation: representation)
            #expect(Array(binary.bytes) == written[representation])
            #expect(binary.subtype.rawValue == (representation == .standard ? 4 : 3))
            #expect(binary.uuid(representation) == uuid)
        }
        #expect(BSONBinary(uuid).uuid(.javaLegacy) == nil)
        #expect(BSONBinary([1, 2], subtype: .uuid).uuid() == nil)
    }

    @Test func `object IDs are time, five random bytes and a counter that wraps`() throws {
        struct Fixed: RandomNumberGenerator {
            var numbers: [UInt64] = [0x11_2233_4455, 0xFF_FFFF]
            mutating func next() -> UInt64 { numbers.removeFirst() }
        }
        var random = Fixed()
        let generator = ObjectIDGenerator(random: &random)
        #expect(generator.next(at: 0x5F00_0001).description == "5f0000011122334455ffffff")
        #expect(generator.next(at: 0x5F00_0001).description == "5f0000011122334455000000")
        let id = try #require(ObjectID("5F0000011122334455FFFFFF"))
        #expect(id.seconds == 0x5F00_0001)
        #expect(ObjectID(bytes: id.bytes) == id)
        #expect(ObjectID("5f") == nil && ObjectID("5f0000011122334455fffffg") == nil && ObjectID(bytes: [1]) == nil)
        let many = (0..<1_000).map { _ in ObjectID() }
        #expect(Set(many).count == 1_000)
    }

    @Test func `decimals are parsed and printed to the digit`() throws {
        let cases = [
            ("0", "0"), ("-0", "-0"), ("1.50", "1.50"), ("1e3", "1E+3"), (".5", "0.5"), ("5.", "5"), ("1E-7", "1E-7"),
            ("0.000001", "0.000001"), ("0.0000001", "1E-7"), ("+inf", "Infinity"), ("-NaN", "NaN"),
            ("1E6144", "1.000000000000000000000000000000000E+6144"), ("1000E-6179", "1E-6176"),
            ("9999999999999999999999999999999999", "9999999999999999999999999999999999"),
        ]
        for (text, printed) in cases { #expect(try Decimal128(text).description == printed) }
        for text in [
            "1E6145", "1E-6177", "12345678901234567890123456789012345", "1E99999999999999999999", "", "+", "1e", "0x1",
        ] {
            #expect(throws: BSONError.self, "\(text)") { try Decimal128(text) }
        }
        #expect(Decimal128(Int64.min).description == "-9223372036854775808")
        var random = SeededGenerator(seed: 20)
        for _ in 0..<10_000 {
            let value = Decimal128(high: random.next(), low: random.next())
            let again = try Decimal128(value.description)
            #expect(again.description == value.description)
        }
    }

    @Test func `dates are any 64-bit number, and ISO 8601 from 1970 to 9999`() throws {
        #expect(BSONDate(milliseconds: .min).description == "-9223372036854775808 ms")
        #expect(BSONDate(milliseconds: .max).description == "9223372036854775807 ms")
        #expect(BSONDate(milliseconds: 951_782_400_000).description == "2000-02-29T00:00:00Z")
        #expect(BSONDate(milliseconds: 253_402_300_799_999).description == "9999-12-31T23:59:59.999Z")
        func read(_ text: String) -> BSONValue? {
            (try? BSONDocument(extendedJSON: "{\"a\":{\"$date\":\"\(text)\"}}"))?["a"]
        }
        #expect(read("2012-12-24T12:15:30.501Z") == .date(BSONDate(milliseconds: 1_356_351_330_501)))
        #expect(read("2012-12-24T13:15:30.501999+01:00") == .date(BSONDate(milliseconds: 1_356_351_330_501)))
        #expect(read("0000-01-01T00:00:00Z") == .date(BSONDate(milliseconds: -62_167_219_200_000)))
        for bad in ["2011-02-29T00:00:00Z", "2012-13-01T00:00:00Z", "2012-12-24", "2012-12-24T12:15:30", "x"] {
            #expect(read(bad) == nil, "\(bad)")
        }
        var random = SeededGenerator(seed: 21)
        for _ in 0..<2_000 {
            let date = BSONDate(milliseconds: Int64.random(in: 0..<253_402_300_800_000, using: &random))
            #expect(read(date.description) == .date(date))
        }
    }

    @Test func `vectors are read and written, and bad ones refused`() throws {
        let vectors: [BSONVector] = [
            .int8([127, 7, -128]), .float32([127, 7, -0.5]), .packedBits([0x7F, 0x70], padding: 4), .int8([]),
        ]
        for vector in vectors { #expect(try BSONVector(vector.binary) == vector) }
        let bad: [[UInt8]] = [
            [], [3], [3, 1, 7], [0x27, 0, 1, 2, 3], [0x27, 1, 0, 0, 0, 0], [0x10, 8, 1], [0x10, 3], [0x10, 3, 1],
            [0x99, 0],
        ]
        for bytes in bad {
            let error = #expect(throws: BSONError.self) { try BSONVector(BSONBinary(bytes, subtype: .vector)) }
            #expect(error?.code == .invalidVector)
        }
        #expect(throws: BSONError.self) { try BSONVector(BSONBinary([3, 0, 1])) }
    }

    @Test func `binaries do not print their bytes`() {
        #expect("\(BSONBinary([1, 2, 3], subtype: .sensitive))" == "binary of 3 bytes, subtype 8")
    }
}
