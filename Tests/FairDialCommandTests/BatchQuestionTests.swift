// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import GetAddrInfo
import Testing

@testable import FairDialCommand

@Suite struct `A batch's question` {
    private static let lines = [
        #"{"host":"::1","service":"80","family":0,"socktype":1,"protocol":0,"flags":0}"#,
        #"{ "flags" : 1024 , "host" : null , "service" : "" }"#, #"{"host":"127.1","family":-1}"#,
        #"{"host":"fe80::1%eth0","service":"http","family":10,"socktype":2,"protocol":17,"flags":2147483647}"#,
        #"{"host":"a\u0062c"}"#, #"{"host":"é"}"#, #"{"host":"a","other":[1,{"x":2}]}"#, #"{"host":"a","host":"b"}"#,
        #"{"family":2147483648}"#, #"{"family":01}"#, #"{"family":-0}"#, #"{"family":1.0}"#, #"{"family":1e2}"#,
        #"{"family":null}"#, #"{"host":5}"#, #"{"family":"2"}"#, #"{}"#, #"{,}"#, #"{"host":"a",}"#, #"[]"#, #"null"#,
        "", "{", #"{"host"}"#, #"{"host":"a"}x"#, #"{"host":"a"} {}"#, "{\"host\":\"a\tb\"}", #"{"host":nul}"#,
        #"{"HOST":"a"}"#, #"{"service":"\/"}"#, #"{"host":"a" "service":"b"}"#, #"{'host':'a'}"#, #"{"host":true}"#,
    ]

    private struct Reading: Equatable {
        var host: [UInt8]?
        var service: [UInt8]?
        var numbers: [Int32]

        init(_ question: BatchQuestion) {
            host = question.host.withBytes { $0.map(Array.init) }
            service = question.service.withBytes { $0.map(Array.init) }
            let hints = question.hints
            numbers = [hints.family, hints.socketType, hints.protocolNumber, hints.flags]
        }
    }

    /// What both readers make of a line; `nil` for none.
    private static func read(_ line: [UInt8]) -> (plain: Reading?, any: Reading?) {
        line.withUnsafeBufferPointer { bytes in
            (BatchQuestion(plain: bytes).map(Reading.init), (try? BatchQuestion(any: bytes)).map(Reading.init))
        }
    }

    @Test(arguments: lines)
    func `what is read on the spot is what Foundation reads`(line: String) {
        let (plain, any) = Self.read(Array(line.utf8))
        if plain != nil { #expect(plain == any) }
    }

    @Test func `the plain form is read on the spot, in any order, with any white space`() {
        for line in Self.lines.prefix(4) { #expect(Self.read(Array(line.utf8)).plain != nil, "\(line)") }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `mutated lines are read alike, or left to Foundation`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"{}[]":,.-+0123456789eEnul\abhost "#.utf8) + [0x09, 0x0A, 0x00, 0xC3, 0xA9, 0xFF]
        var read = 0
        for _ in 0..<20_000 {
            var line = Array(Self.lines[Int.random(in: 0..<6, using: &generator)].utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<line.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: line[place] = byte
                case 1: line.insert(byte, at: place)
                default: line.remove(at: place)
                }
            }
            let (plain, any) = Self.read(line)
            guard let plain else { continue }
            read += 1
            if plain != any {
                Issue.record("\(String(decoding: line, as: UTF8.self)): \(plain), \(String(describing: any))")
            }
        }
        #expect(2_000...19_000 ~= read)
    }
}
