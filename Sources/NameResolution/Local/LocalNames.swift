// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import SystemSupport

/// Names that never queue (rule 2): `localhost`, `*.localhost`, and what the hosts file has, where it comes first.
///
/// An answer costs a `stat` of two files, and for more than one address a few socket calls that order them. No thread:
/// only a hosts file of more than 64 KiB is read on one, when it is new or has changed
/// (docs/decisions/0003-local-names-read-files-on-the-loop.md).
@available(FairDial 0.1, *)
package final class LocalNames: Sendable {
    /// This machine's.
    package static let system = LocalNames()

    /// What is known of a name without a wait.
    package enum Finding: Hashable, Sendable {
        /// It is local, and this is the answer.
        case answer(LookupResult)
        /// The resolver must be asked.
        case notLocal
        /// The hosts file must be read first, or gone through, which takes a while.
        case unread
        /// Whether it is local cannot be told, for a file is too large to be read; the reason is a clause for a person.
        case untold(String)
    }

    private struct Reading: Sendable {
        var isInFlight = false
        /// Who waits for a reading that has not begun yet.
        var waiting: [@Sendable (HostsFile) -> Void] = []
    }

    /// A hosts file up to this size, in bytes, is read on the caller's thread: that takes a millisecond.
    private static let largestOnTheSpot: Int64 = 64 * 1024

    /// Up to this many addresses of one name are found and sorted on the caller's thread; more are found on a thread of
    /// their own, and the dial sorts some of them.
    package static let fewAddresses = 2 * LookupResult.familyLimit

    private let hosts: WatchedFile<HostsFile>
    private let nameServiceSwitch: WatchedFile<NameServiceSwitch>
    private let startThread: LocalTables.ThreadStarter
    private let reading = NIOLockedValueBox(Reading())

    /// - Parameters:
    ///   - hostsPath: the hosts file.
    ///   - nameServiceSwitchPath: nsswitch.conf, which says whether the hosts file comes first.
    package convenience init(
        hostsPath: String = "/etc/hosts",
        nameServiceSwitchPath: String = "/etc/nsswitch.conf"
    ) {
        self.init(hostsPath, nameServiceSwitchPath, startThread: DetachedThread.start)
    }

    package init(
        _ hostsPath: String,
        _ nameServiceSwitchPath: String,
        startThread: @escaping LocalTables.ThreadStarter
    ) {
        self.startThread = startThread
        hosts = WatchedFile(hostsPath, missing: HostsFile([])) { HostsFile($0) }
        nameServiceSwitch = NameServiceSwitch.watched(at: nameServiceSwitchPath)
    }

    /// Why a file could not be read, for each that could not.
    package var faults: [String] {
        [hosts.look().fault, nameServiceSwitch.look().fault].compactMap { $0 }
    }

    /// The answer to a question about a local name, in the C library's order, or of more than 512 addresses in the
    /// file's; `nil` when the resolver must be asked. **Blocks** while a hosts file is read that is new or has changed;
    /// a `NameResolver` does not.
    ///
    /// A name that has addresses of one family alone settles the other one as empty, as it does for glibc; a name that
    /// has none of the family asked for is not local. `localhost` always is (RFC 6761 §6.3): where the hosts file is
    /// silent it is the loopback.
    package func answer(_ question: LookupQuestion) -> LookupResult? {
        needsHostsFile(question) ? answer(question, in: hosts.look().content) : nil
    }

    /// The same where that can be told without reading a large file.
    package func find(_ question: LookupQuestion) -> Finding {
        guard needsHostsFile(question) else { return .notLocal }
        guard let look = hosts.look(upTo: Self.largestOnTheSpot) else { return .unread }
        if look.isTooLarge, !Self.isLocalhost(question.key) { return .untold(look.fault ?? "") }
        guard let found = addresses(of: question, in: look.content, atMost: Self.fewAddresses) else { return .unread }
        return answer(question, found).map(Finding.answer) ?? .notLocal
    }

    /// Why the hosts file is not read where it is too large; `nil` where it is read, or not there.
    package var tooLarge: String? {
        let look = hosts.look()
        return look.isTooLarge ? look.fault : nil
    }

    /// For each file that is too large to be read, that it is, as a clause for a person.
    package var unreadFiles: [String] {
        [tooLarge, nameServiceSwitch.look().content.unread].compactMap { $0 }
    }

    private func needsHostsFile(_ question: LookupQuestion) -> Bool {
        nameServiceSwitch.look().content.isHostsFileFirst || Self.isLocalhost(question.key)
    }

    /// The answer that a hosts file gives to a question whose answer it may have.
    package func answer(_ question: LookupQuestion, in file: HostsFile) -> LookupResult? {
        answer(question, addresses(of: question, in: file, atMost: nil) ?? [])
    }

    private func addresses(of question: LookupQuestion, in file: HostsFile, atMost limit: Int?) -> [IPAddress]? {
        // A file may have the name as it was written, where that is not what DNS is asked for; and that comes first.
        if let spelling = question.otherSpelling {
            let found = file.addresses(of: spelling, families: question.families, atMost: limit)
            guard let found, found.isEmpty else { return found }
        }
        return file.addresses(of: question.key, families: question.families, atMost: limit)
    }

    private func answer(_ question: LookupQuestion, _ found: [IPAddress]) -> LookupResult? {
        if !found.isEmpty { return Self.answer(found, question) }
        guard Self.isLocalhost(question.key) else { return nil }
        let loopback: [IPAddress] = [.v6(.loopback, zone: nil), .v4(.loopback)]
        return Self.answer(loopback.filter { question.families.contains($0.family) }, question)
    }

    private static func answer(_ addresses: [IPAddress], _ question: LookupQuestion) -> LookupResult {
        // Sorting costs four system calls an address: beyond this many addresses most will not be dialed, so they are
        // left unsorted.
        let areFew = addresses.count <= fewAddresses
        return LookupResult(
            families: question.families,
            addresses: areFew ? SourceAddresses.sort(addresses) : addresses,
            isInDestinationOrder: areFew,
            source: .hosts
        )
    }

    /// `localhost` and everything under it; the final dot of an absolute name does not matter.
    private static func isLocalhost(_ name: String) -> Bool {
        let name = name.hasSuffix(".") ? name.dropLast() : name[...]
        return name == "localhost" || name.hasSuffix(".localhost")
    }
}

// MARK: - The reader's thread

@available(FairDial 0.1, *)
extension LocalNames {
    /// Reads the hosts file on a thread of its own, and calls back there with what it says.
    ///
    /// The reading begins after this call, so a change that the caller has made before is seen; callers that come
    /// during another reading share the next one. Where no thread can be had, the caller reads at once.
    package func read(_ receive: @escaping @Sendable (HostsFile) -> Void) {
        let isOurs = reading.withLockedValue { reading in
            reading.waiting.append(receive)
            defer { reading.isInFlight = true }
            return !reading.isInFlight
        }
        guard isOurs else { return }
        if startThread(256 * 1024, { self.readForAll() }) != nil { readForAll() }
    }

    private func readForAll() {
        while true {
            let waiting = reading.withLockedValue { reading in
                defer { reading.waiting = [] }
                reading.isInFlight = !reading.waiting.isEmpty
                return reading.waiting
            }
            if waiting.isEmpty { return }
            let file = hosts.look().content
            for receive in waiting { receive(file) }
        }
    }
}
