// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import NameResolution
import SystemSupport
import TestHelpers
import Testing

/// nsswitch.conf and resolv.conf decide it; a file that is too large to be read is the system's to read.
@Suite struct `Whose a name is` {
    private func plan(_ hosts: String, _ file: String = "nameserver 10.0.0.1") -> HostsPlan {
        HostsPlan(
            NameServiceSwitch(Array("hosts: \(hosts)\n".utf8)),
            ResolverFile(Array(file.utf8)),
            hostname: "Box"
        )
    }

    @Test(arguments: ["files dns", "dns", "files myhostname dns", "files mdns4_minimal [NOTFOUND=return] dns"])
    func `a plain configuration is honoured entirely`(hosts: String) {
        #expect(plan(hosts).choice(for: "db.example.org") == .dns)
        #expect(plan(hosts).choice(for: "db") == .dns)
    }

    @Test(arguments: ["", " # dns", "[NOTFOUND=return]"])
    func `a line that names nobody has nobody asked, glibc least of all, which crashes`(hosts: String) {
        let reason = "nsswitch.conf's hosts line names no source to ask"
        #expect(plan(hosts).choice(for: "db.example.org") == .nobody(reason))
        #expect(plan(hosts).choice(for: "printer.local") == .nobody(reason))
    }

    @Test(arguments: [
        ("files", "nsswitch.conf does not ask dns"),
        ("dns files", "nsswitch.conf does not ask files first, or with actions of its own"),
        ("files [SUCCESS=continue] dns", "nsswitch.conf does not ask files first, or with actions of its own"),
        ("files dns [NOTFOUND=return] myhostname", "nsswitch.conf gives dns actions: NOTFOUND=return"),
        ("files dns sss", "nsswitch.conf asks sss, which only the system can"),
        ("files resolve [!UNAVAIL=return] dns", "nsswitch.conf asks resolve, which only the system can"),
        ("files mdns4 dns", "nsswitch.conf asks mdns4, which only the system can"),
        ("files mdns4_minimal [UNAVAIL=return] dns", "nsswitch.conf gives mdns4_minimal actions: UNAVAIL=return"),
    ])
    func `what we cannot do is the system's, and the reason is said`(hosts: String, reason: String) {
        #expect(plan(hosts).choice(for: "db.example.org") == .system(reason))
    }

    @Test func `what resolv.conf asks for and we do not do is a reason too`() {
        #expect(
            plan("files dns", "sortlist 10.0.0.0").choice(for: "db")
                == .system("resolv.conf: FairDial does not read sortlist")
        )
        let unread = HostsPlan(.standard, nil, hostname: "")
        #expect(unread.choice(for: "db") == .system("resolv.conf cannot be read"))
    }

    @Test(arguments: [
        ("printer.local", HostsPlan.Choice.system(".local names belong to multicast DNS (RFC 6762 §3)")),
        ("printer.local.", .system(".local names belong to multicast DNS (RFC 6762 §3)")),
        ("local", .system(".local names belong to multicast DNS (RFC 6762 §3)")), ("notlocal", .dns),
        ("hidden.onion", .nobody(".onion names are not in DNS (RFC 7686 §2)")),
        ("hidden.onion.", .nobody(".onion names are not in DNS (RFC 7686 §2)")), ("onions", .dns),
        ("no.invalid", .nobody(".invalid names do not exist (RFC 6761 §6.4)")), ("a.test", .dns), ("a.example", .dns),
    ])
    func `special names go where they belong`(name: String, choice: HostsPlan.Choice) {
        #expect(plan("files dns").choice(for: name) == choice)
    }

    @Test func `what single services know is handed to the system name by name`() {
        let mine = plan("files myhostname mdns4_minimal [NOTFOUND=return] dns")
        for name in ["box", "_gateway", "_outbound"] {
            #expect(mine.choice(for: name) == .system("nsswitch.conf asks myhostname for this name"))
        }
        #expect(mine.choice(for: "printer.local") == .system("nsswitch.conf asks mdns4_minimal for .local names"))
        #expect(plan("files dns").choice(for: "box") == .dns)
    }

    @Test func `an nsswitch.conf that is too large is for the system to read`() throws {
        let folder = try TemporaryFolder()
        try folder.write("hosts: files dns\n", to: "nsswitch.conf")
        try folder.resize("nsswitch.conf", to: 16 * 1024 * 1024 + 1)
        let content = NameServiceSwitch.watched(at: folder.path("nsswitch.conf")).look().content
        let choice = HostsPlan(content, .standard, hostname: "").choice(for: "db")
        guard case .system(let reason) = choice else {
            Issue.record("\(choice)")
            return
        }
        #expect(reason.hasPrefix("nsswitch.conf cannot be read: ") && reason.hasSuffix("so it is not read"))
        #expect(!content.isHostsFileFirst)
    }

    @Test func `a search list that is too long is for the system to read`() {
        func choice(_ count: Int) -> HostsPlan.Choice {
            let file = ResolverFile(Array("search".utf8) + (0..<count).flatMap { Array(" d\($0)".utf8) })
            #expect(file.search.count == min(count, 1 << 17))
            return HostsPlan(.standard, file, hostname: "").choice(for: "db")
        }
        #expect(choice(1 << 17) == .dns)
        #expect(choice((1 << 17) + 1) == .system("resolv.conf: there are more than 131072 search domains"))
    }

    @Test func `so is a resolv.conf`() {
        let choice = HostsPlan(.standard, .unread("larger than 1 byte"), hostname: "").choice(for: "db")
        #expect(choice == .system("resolv.conf: larger than 1 byte"))
    }
}
