// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import TestHelpers
import Testing

@Suite struct `Rule 2: local names` {
    private let folder: TemporaryFolder
    private let names: LocalNames

    init() throws {
        folder = try TemporaryFolder()
        names = LocalNames(hostsPath: folder.path("hosts"), nameServiceSwitchPath: folder.path("nsswitch.conf"))
    }

    private func addresses(_ name: String, _ families: AddressFamilies = .both) -> [String]? {
        names.answer(LookupQuestion(name: name, families: families))?.addresses.map(\.description)
    }

    @Test func `a name of the hosts file is answered whole`() throws {
        try folder.write("192.0.2.1 DB.example\n", to: "hosts")
        for families in [.both, .ipv4] as [AddressFamilies] {
            let answer = LookupResult(
                families: families,
                addresses: [try IPAddress("192.0.2.1")],
                isInDestinationOrder: true,
                source: .hosts
            )
            #expect(names.answer(LookupQuestion(name: "db.Example", families: families)) == answer)
        }
    }

    @Test func `a name that has none of the family asked for is not local`() throws {
        try folder.write("192.0.2.1 four\n2001:db8::1 six\n", to: "hosts")
        #expect(addresses("four", .ipv6) == nil)
        #expect(addresses("six", .ipv4) == nil)
        #expect(addresses("six") == ["2001:db8::1"])
    }

    @Test(arguments: ["localhost", "LOCALHOST", "localhost.", "db.localhost", "a.b.LocalHost", "db.localhost."])
    func `localhost and all under it are the loopback where the hosts file is silent`(name: String) throws {
        #expect(addresses(name) == ["::1", "127.0.0.1"])
        #expect(addresses(name, .ipv4) == ["127.0.0.1"])
        #expect(addresses(name, .ipv6) == ["::1"])
        try folder.write("192.0.2.1 other\n", to: "hosts")
        #expect(addresses(name) == ["::1", "127.0.0.1"])
    }

    @Test(arguments: ["local", "localhost.example", "mylocalhost", "localhost..", "", ".", "localhostx"])
    func `names that only look like it are not`(name: String) {
        #expect(addresses(name) == nil)
    }

    @Test func `localhost is what the hosts file says, wherever nsswitch has it`() throws {
        try folder.write("127.0.0.2 localhost db.localhost\n", to: "hosts")
        for order in ["files dns", "dns files", "dns"] {
            try folder.write("hosts: \(order)\n", to: "nsswitch.conf")
            #expect(addresses("localhost") == ["127.0.0.2"])
            #expect(addresses("localhost", .ipv6) == ["::1"])
            #expect(addresses("db.localhost") == ["127.0.0.2"])
        }
    }

    @Test(arguments: [
        ("hosts: files dns\n", true), ("hosts: dns files\n", false), ("hosts: files [SUCCESS=continue] dns\n", false),
        ("garbage", true), ("", true), ("hosts:\n", false), ("hosts: files [NOTFOUND=return]\n", true),
    ])
    func `other names are local where nsswitch puts the hosts file first`(text: String, isLocal: Bool) throws {
        try folder.write("192.0.2.1 db.example\n", to: "hosts")
        try folder.write(text, to: "nsswitch.conf")
        #expect(addresses("db.example") == (isLocal ? ["192.0.2.1"] : nil))
    }

    @Test func `a change of either file counts at once`() throws {
        #expect(addresses("db.example") == nil)
        try folder.write("192.0.2.1 db.example\n", to: "hosts")
        #expect(addresses("db.example") == ["192.0.2.1"])
        try folder.write("hosts: dns files\n", to: "nsswitch.conf")
        #expect(addresses("db.example") == nil)
        try folder.write("hosts: files dns\n", to: "nsswitch.conf")
        try folder.write("192.0.2.2 db.example\n", to: "hosts")
        #expect(addresses("db.example") == ["192.0.2.2"])
        try folder.delete("nsswitch.conf")
        #expect(addresses("db.example") == ["192.0.2.2"])
        try folder.delete("hosts")
        #expect(addresses("db.example") == nil)
    }

    @Test func `files that cannot be read are named, and no name fails for it`() throws {
        #expect(
            names.faults == ["hosts", "nsswitch.conf"].map { "\(folder.path($0)): No such file or directory" }
        )
        try folder.write("", to: "hosts")
        #expect(names.faults == ["\(folder.path("nsswitch.conf")): No such file or directory"])
        try folder.write("", to: "nsswitch.conf")
        #expect(names.faults == [])
    }

    @Test func `more than one address comes in destination order`() throws {
        try folder.write("127.0.0.1 db\n::1 db\n", to: "hosts")
        #expect(addresses("db") == ["::1", "127.0.0.1"])
    }
}
