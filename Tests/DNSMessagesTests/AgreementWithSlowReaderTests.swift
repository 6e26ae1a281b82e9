// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import Testing

struct AgreementWithSlowReaderTests {
    /// What our reader makes of a message, in the slow one's terms.
    private static func contents(_ bytes: [UInt8]) throws -> SlowReader.Contents {
        var reader = try MessageReader(bytes)
        var contents = SlowReader.Contents(head: [Int(reader.header.identifier), Int(reader.header.bits)])
        while let question = try reader.nextQuestion() {
            contents.questions.append(
                .init(
                    section: 0,
                    name: question.name.labels.map(Array.init),
                    numbers: [Int(question.type.rawValue), Int(question.recordClass.rawValue)],
                    data: []
                )
            )
        }
        while let place = try reader.nextRecord() {
            let life = Int(place.timeToLive)
            let name = try reader.name(of: place)
            #expect(try reader.isName(of: place, name))
            #expect(try !reader.isName(of: place, Samples.name("another.one")) || name == Samples.name("another.one"))
            contents.records.append(
                .init(
                    section: place.section.rawValue,
                    name: name.labels.map(Array.init),
                    numbers: [
                        Int(place.type.rawValue), Int(place.recordClass.rawValue), life / 65_536, life % 65_536,
                    ],
                    data: Array(bytes[place.data])
                )
            )
        }
        return contents
    }

    private static func compare(_ bytes: [UInt8]) -> Bool {
        var slow = SlowReader(bytes)
        let theirs = try? slow.contents()
        let ours = try? contents(bytes)
        return ours == theirs
    }

    @Test func `both read the same out of messages that bytes have been changed in`() throws {
        var generator = SeededGenerator(seed: 5)
        let sample = try Samples.message.bytes()
        var readable = 0
        for _ in 0..<20_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                let bytesOfNote: [UInt8] = [0, 12, 0xC0, 0xC1, 1, 63, .random(in: 0...255, using: &generator)]
                bytes[place] = bytesOfNote[Int.random(in: bytesOfNote.indices, using: &generator)]
            }
            if Bool.random(using: &generator) { bytes.removeLast(.random(in: 0..<bytes.count / 4, using: &generator)) }
            #expect(Self.compare(bytes), "\(bytes)")
            if (try? Self.contents(bytes)) != nil { readable += 1 }
        }
        // Neither all nor none: else nothing has been compared.
        #expect((1_000..<19_000).contains(readable))
    }

    @Test func `both read the same out of short messages of pointers and labels`() throws {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<50_000 {
            let bytesOfNote: [UInt8] = [0, 1, 2, 0xC0, 12, 13, 14, 16, 20, 97]
            let names = (0..<Int.random(in: 2...24, using: &generator)).map { _ in
                bytesOfNote[Int.random(in: bytesOfNote.indices, using: &generator)]
            }
            let questions = UInt8.random(in: 1...3, using: &generator)
            #expect(Self.compare([0, 1, 2, 3, 0, questions, 0, 0, 0, 0, 0, 0] + names))
        }
    }

    @Test(.enabled(if: Vectors.areHere, "needs the vectors beside the project"))
    func `every message of the vectors is read or refused with a reason, and read alike`() throws {
        let files = try Vectors.files(in: "messages") + Vectors.files(in: "names")
        #expect(files.count > 60)
        var readable = 0
        for (file, bytes) in files {
            #expect(Self.compare(bytes), "\(file)")
            do throws(MessageError) {
                let message = try Message(bytes)
                readable += 1
                #expect(try Message(message.bytes()) == message, "\(file)")
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(readable > 20)
    }
}
