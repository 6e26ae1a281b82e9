// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// What a dial keeps besides where it may have several names to look up: the table of its lookups, and what they have
/// brought. An object, so that other dials do not carry it; only its own dial, which cannot be copied, touches it.
@available(FairDial 0.1, *)
final class NamesInFlight {
    /// One lookup that has no end yet.
    struct Entry {
        let id: LookupID
        /// In lower case; of the first lookup, what was dialed.
        let name: String
        /// Whether it has its slot.
        var hasStarted = false
        /// Whether the machine could not ask: then the lookup is to be started again, and no resolver has it.
        var isPostponed = false
    }

    /// In the order of their ids.
    private(set) var entries: [Entry]
    /// How the first lookup ended: `nil` until it ends, `.some(nil)` when it ended without an error.
    var firstEnd: ResolutionError??
    /// When the service's SRV records came, since the dial's start; `nil` before that.
    var listed: Duration?
    /// Who gave them.
    var recordServer: Endpoint?
    /// Why one of the further names could not be looked up.
    private(set) var error: ResolutionError?
    private var nextNumber: UInt32 = 1

    /// The caller sets exactly one of the two.
    var bindings: BindingLookups?
    var service: SRVLookups?

    /// The records of the destinations that have been tried, as they were when that began.
    private(set) var tried: [Destination: WinningRecord] = [:]

    init(first name: String, bindings: BindingLookups? = nil, service: SRVLookups? = nil) {
        entries = [Entry(id: .first, name: name)]
        self.bindings = bindings
        self.service = service
    }

    /// A further name is to be looked up.
    func begin(_ name: String) -> LookupID {
        let id = LookupID(number: nextNumber)
        nextNumber += 1
        entries.append(Entry(id: id, name: name))
        return id
    }

    /// The name that a lookup in flight is for; `nil` where it is none of ours any more.
    func name(of id: LookupID) -> String? {
        entries.first { $0.id == id }?.name
    }

    func start(_ id: LookupID) {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
        entries[index].hasStarted = true
    }

    func postpone(_ id: LookupID) {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
        entries[index].hasStarted = false
        entries[index].isPostponed = true
    }

    /// Returns the postponed lookups, which the caller starts again, and clears their mark.
    func takePostponed() -> [LookupID] {
        let ids = entries.filter(\.isPostponed).map(\.id)
        for index in entries.indices { entries[index].isPostponed = false }
        return ids
    }

    func end(_ id: LookupID) {
        entries.removeAll { $0.id == id }
    }

    /// The dial waits for none of them any more; those that a resolver has are to be cancelled.
    func leaveAll() -> [LookupID] {
        let ids = entries.filter { !$0.isPostponed }.map(\.id)
        entries = []
        return ids
    }

    /// Whether the first lookup has ended and all further ones wait for a slot. The first one's wait is reported
    /// separately.
    var isWaiting: Bool {
        firstEnd != nil && entries.allSatisfy { !$0.hasStarted }
    }

    /// Notes why a name could not be looked up: the first one's reason counts, but one that a retry may mend is worth
    /// more than "does not exist".
    func note(_ error: ResolutionError) {
        if self.error == nil || self.error?.kind == .nameNotFound && error.kind != .nameNotFound { self.error = error }
    }

    /// Notes which record has led to a destination that is tried now.
    func tries(_ destination: Destination) {
        tried[destination] = record(of: destination)
    }

    private func record(of destination: Destination) -> WinningRecord? {
        if let binding = bindings?.binding(of: destination) { return WinningRecord(binding: binding) }
        return service?.target(of: destination).map { WinningRecord(target: $0) }
    }
}
