// SPDX-License-Identifier: Apache-2.0

import CNamespaces
import GetAddrInfo
import IPAddresses
import NameResolution
import TestHelpers
import Testing

#if canImport(Glibc)
    import Glibc
#endif

private typealias Candidate = DestinationOrder.Candidate

private func address(_ text: String) throws -> IPAddress { try IPAddress(text) }

@Suite struct `Source addresses` {
    @Test func `the loopback is reached from itself`() throws {
        let four = IPAddress.v4(.loopback)
        #expect(SourceAddresses.candidates(for: [four]) == [Candidate(destination: four, source: four)])
    }

    @Test func `what cannot be reached has no source`() throws {
        // No zone: there is no telling on which link.
        let candidates = SourceAddresses.candidates(for: [try address("fe80::1%4294967295")])
        #expect(candidates.map(\.source) == [nil])
    }

    @Test func `what cannot be ordered is as it was`() throws {
        #expect(SourceAddresses.sort([]) == [])
        let one = try address("2001:db8::1")
        #expect(SourceAddresses.sort([one]) == [one])
        #expect(SourceAddresses.sort([one, one]) == [one, one])
    }

    @Test func `the loopback's own order is IPv6 first`() throws {
        let (six, four) = (IPAddress.v6(.loopback, zone: nil), IPAddress.v4(.loopback))
        guard SourceAddresses.candidates(for: [six])[0].source != nil else { return }
        #expect(SourceAddresses.sort([four, six, four]) == [six, four, four])
    }

    #if os(Linux) && canImport(Glibc)
        /// The loopback is all that this network has, as in a container without IPv6 there is IPv4 alone.
        @Test(.enabled(if: geteuid() == 0, "needs a network namespace"))
        func `without IPv6 no network's length counts, as it does not for the C library`() async {
            await #expect(processExitsWith: .success) {
                let folder = try TemporaryFolder()
                try folder.write("127.1.2.3 a\n127.0.1.1 a\n127.0.0.1 a\n127.0.0.2 a\n", to: "hosts")
                try folder.write("hosts: files\n", to: "nsswitch.conf")
                guard fairdial_enter_namespaces() == 0,
                    fairdial_bind_mount(folder.path("hosts"), "/etc/hosts") == 0,
                    fairdial_bind_mount(folder.path("nsswitch.conf"), "/etc/nsswitch.conf") == 0
                else { exit(1) }
                let stream = Int32(SOCK_STREAM.rawValue)
                let question = AddressInfoQuestion(host: "a", service: nil, socketType: stream)
                let theirs = try AddressInfoCall.getaddrinfo(question).get().map(\.endpoint.address)
                let ours = LocalNames.system.answer(LookupQuestion(name: "a"))?.addresses
                guard ours == theirs else { exit(2) }
                guard theirs.map(\.description) == ["127.0.0.1", "127.1.2.3", "127.0.1.1", "127.0.0.2"] else { exit(3) }
                for name in ["hosts", "nsswitch.conf"] { try folder.delete(name) }
                rmdir(folder.path)
                exit(0)
            }
        }
    #endif
}
