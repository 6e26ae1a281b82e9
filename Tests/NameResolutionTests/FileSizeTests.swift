// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import SystemSupport
import TestHelpers
import Testing

@testable import NameResolution

/// What a file costs is bounded by its size, and one that is too large is told of.
@Suite struct `The size of a file` {
    private static func memory(of text: String, times: Int) -> (file: Int, memory: Int) {
        let bytes = [UInt8](repeatElement(Array(text.utf8), count: times).joined())
        return (bytes.count, HostsFile(bytes).byteCount)
    }

    @Test(arguments: ["\n", "a ", "1 a\n", "1.1.1.1 a b c d e f\n", "#\n", "0.0.0.0 ads.example.com\n"])
    func `a hosts file takes no more than twice its size`(line: String) {
        let (file, memory) = Self.memory(of: line, times: 400_000 / line.utf8.count)
        #expect(memory <= 2 * file)
    }

    @Test func `a file without a table says the same`() {
        let names = repeatElement("a ", count: 50_000).joined()
        let file = HostsFile(
            Array("10.0.0.1 \(names)\n10.0.0.2 db\n 10.0.0.3 \(names) # 10.0.0.4 db\n10.0.0.5 DB db".utf8)
        )
        let db = [2, 5].map { IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + $0)) }
        #expect(file.addresses(of: "db", families: .both) == db)
        #expect(file.addresses(of: "a", families: .both)?.count == 2)
        #expect(file.addresses(of: "nobody", families: .both) == nil)
        // It is gone through for each name, which is no work for an event loop.
        #expect(file.addresses(of: "db", families: .both, atMost: 512) == nil)
    }

    @Test func `a name far into a line, and one that stands there many times, are found on no event loop`() {
        let far = String(repeating: "another-name ", count: 100_000) + "db"
        let often = String(repeating: "database ", count: 100_000)
        let file = HostsFile(Array("10.0.0.1 \(far)\n10.0.0.2 \(often)\n10.0.0.3 near db\n".utf8))
        func addresses(of name: String, atMost limit: Int?) -> [String]? {
            file.addresses(of: name, families: .both, atMost: limit)?.map(\.description)
        }
        #expect(addresses(of: "db", atMost: 512) == nil)
        #expect(addresses(of: "database", atMost: 512) == nil)
        #expect(addresses(of: "near", atMost: 512) == ["10.0.0.3"])
        #expect(addresses(of: "nobody", atMost: 512) == [])
        // It is found all the same, on a thread of its own.
        #expect(addresses(of: "db", atMost: nil) == ["10.0.0.1", "10.0.0.3"])
        #expect(addresses(of: "database", atMost: nil) == ["10.0.0.2"])
    }

    @Test func `an address field as long as the file is none, and no work for an event loop`() {
        let file = HostsFile(Array("\(String(repeating: "1", count: 200_000)) db\n10.0.0.1 db".utf8))
        #expect(file.addresses(of: "db", families: .both, atMost: 512) == nil)
        #expect(file.addresses(of: "db", families: .both) == [.v4(IPv4Address(bits: 0x0A00_0001))])
    }

    @Test func `faults of a file of newlines cost no list of its lines`() {
        let file = HostsFile([UInt8](repeating: UInt8(ascii: "\n"), count: 300_000) + Array("x\n".utf8))
        #expect(file.faults == [HostsFile.Fault(line: 300_001, reason: "the line does not begin with an address")])
    }

    @Test func `one that is too large is not read, and that is said`() throws {
        let folder = try TemporaryFolder()
        try folder.write("12345", to: "file")
        let file = WatchedFile(folder.path("file"), missing: "none", upTo: 4, tooLarge: { "too large: \($0)" }) { _ in
            "read"
        }
        let look = file.look()
        #expect(look.isTooLarge)
        #expect(look.fault == "\(file.path): larger than 4 bytes, so it is not read")
        #expect(look.content == "too large: \(file.path): larger than 4 bytes, so it is not read")
        #expect(file.contentIfUnchanged() == nil)
        try folder.write("1234", to: "file")
        #expect(file.look().content == "read")
        #expect(!file.look().isTooLarge)
    }

    @Test func `an nsswitch.conf whose line names too many services is not read`() {
        let most = NameServiceSwitch(Array("hosts:\(String(repeating: " files", count: 4_096))\n".utf8))
        #expect(most.unread == nil)
        let more = NameServiceSwitch(Array("hosts:\(String(repeating: " files", count: 4_097))\n".utf8))
        #expect(more.unread == "a line names more than 4096 services")
        #expect(more.hosts.isEmpty && !more.asksNobody)
    }

    @Test func `a hosts file that is too large is asked of whoever reads it, and of nobody else`() throws {
        let folder = try TemporaryFolder()
        // Sparse: it has a size, and no contents.
        try folder.write("", to: "hosts")
        try folder.resize("hosts", to: 65 * 1024 * 1024)
        let names = LocalNames(folder.path("hosts"), folder.path("nsswitch.conf")) { _, body in
            body()
            return nil
        }
        #expect(names.unreadFiles.count == 1)
        let plain = ScriptedResolver()
        let receiver = Receiver()
        let fairnessKey = FairnessKey(label: "test")
        _ = NameResolver(plain, localNames: names).lookUp(
            LookupQuestion(name: "db"),
            for: fairnessKey,
            receiver.receive
        )
        #expect(receiver.events == [.ended(ResolutionError(.failed, names.unreadFiles[0]))])
        #expect(plain.lookups.isEmpty)
        let files = ScriptedResolver()
        let resolver = NameResolver(Reading(plain: plain, files: files), localNames: names)
        _ = resolver.lookUp(LookupQuestion(name: "db"), for: fairnessKey, Receiver().receive)
        #expect(files.lookups.map(\.question.name) == ["db"])
        #expect(plain.lookups.isEmpty)
        #expect(names.answer(LookupQuestion(name: "localhost"))?.addresses.isEmpty == false)
    }

    /// A resolver that has another one for the hosts file.
    private struct Reading: KnowingResolver {
        let plain: ScriptedResolver
        let files: ScriptedResolver

        var filesResolver: (any AddressResolver)? { files }

        func lookUp(
            _ question: LookupQuestion,
            for fairnessKey: FairnessKey,
            _ receive: @escaping @Sendable (LookupEvent) -> Void
        ) -> any LookupHandle {
            plain.lookUp(question, for: fairnessKey, receive)
        }
    }
}
