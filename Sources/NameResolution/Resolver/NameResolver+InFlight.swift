// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
import IPAddresses
import SystemSupport

/// The live view: who is stuck in a lookup, on which server, for how long.
@available(FairDial 0.1, *)
extension NameResolver {
    /// Every lookup in flight that this resolver has asked for, the oldest first; what was local, or in a cache, is not
    /// among them, and no name of a hosts file that is too large for us, which the system reads.
    ///
    /// A snapshot: it costs a visit to each lookup, so look every second, and not at every dial.
    public var lookupsInFlight: [LookupInFlight] {
        let now = ContinuousClock.now
        var lines: [LookupInFlight] = []
        // The handles are asked outside the lock: each takes its resolver's own.
        for (lookup, handle, began, state) in addressLookups {
            lines.append(
                LookupInFlight(
                    id: id(ofLookup: lookup),
                    name: state.question.name,
                    source: handle?.listed?.source,
                    servers: handle?.silentServers ?? [],
                    stage: state.hasStarted ? .asked : .queued,
                    age: now - began,
                    waiters: state.waiters
                )
            )
        }
        for (number, records) in outbox.withMachine({ $0.records.all }) {
            lines.append(
                LookupInFlight(
                    id: id(ofRecords: number),
                    name: "\(records.question.name)",
                    recordType: records.question.type,
                    source: records.handle?.listed?.source,
                    servers: records.handle?.silentServers ?? [],
                    stage: records.hasStarted ? .asked : .queued,
                    age: now - records.began,
                    waiters: records.isAbandoned ? 0 : 1
                )
            )
        }
        return lines.sorted { ($1.age, $0.id) < ($0.age, $1.id) }
    }

    /// What one look at the machine says of the lookups of addresses.
    private typealias AddressLookup = (
        lookup: SharedLookups.Lookup, handle: (any LookupHandle)?, began: ContinuousClock.Instant,
        state: (question: LookupQuestion, hasStarted: Bool, waiters: Int)
    )

    private var addressLookups: [AddressLookup] {
        outbox.withMachine { machine in
            machine.began.compactMap { lookup, began in
                guard let state = machine.shared.state(of: lookup) else { return nil }
                return (lookup, machine.inFlight[lookup], began, state)
            }
        }
    }

    /// `LookupInFlight.id` of what a caller waits for.
    func id(of waiter: SharedLookups.Waiter) -> UInt64? {
        outbox.withMachine { $0.shared.lookup(of: waiter) }.map(id(ofLookup:))
    }

    private func id(ofLookup lookup: SharedLookups.Lookup) -> UInt64 {
        idBase &+ lookup % (LookupIDs.span / 2)
    }

    private func id(ofRecords number: UInt64) -> UInt64 {
        idBase &+ LookupIDs.span / 2 &+ number % (LookupIDs.span / 2)
    }
}

// MARK: - Records

@available(FairDial 0.1, *)
extension NameResolver {
    /// The resolver's: no hosts file has records.
    public func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        let number = outbox.withMachine { $0.records.begin(question) }
        let handle = resolver.lookUpRecords(question, for: fairnessKey) { event in
            switch event {
            case .started: self.outbox.withMachine { $0.records[number]?.hasStarted = true }
            case .caughtUp: break
            case .ended: self.outbox.withMachine { $0.records[number] = nil }
            }
            receive(event)
        }
        // Where it has ended by now there is nothing to keep.
        outbox.withMachine { $0.records[number]?.handle = handle }
        return RecordLookup(resolver: self, number: number, handle: handle)
    }

    /// A lookup of records, which leaves the list when it is cancelled.
    private struct RecordLookup: ListedLookup {
        let resolver: NameResolver
        let number: UInt64
        let handle: any LookupHandle

        func join(_ fairnessKey: FairnessKey) { handle.join(fairnessKey) }

        func cancel() -> Bool {
            let isGone = handle.cancel()
            resolver.outbox.withMachine { machine in
                if isGone { machine.records[number] = nil } else { machine.records[number]?.isAbandoned = true }
            }
            return isGone
        }

        func catchUp(late: Duration) -> Bool { handle.catchUp(late: late) }

        var silentServers: [Endpoint] { handle.silentServers }

        var source: LookupSource? { handle.listed?.source }

        var id: UInt64? {
            resolver.outbox.withMachine { $0.records[number] != nil } ? resolver.id(ofRecords: number) : nil
        }
    }
}

@available(FairDial 0.1, *)
extension NameResolver.Machine {
    /// A lookup has ended.
    mutating func forget(_ lookup: SharedLookups.Lookup) {
        inFlight[lookup] = nil
        began[lookup] = nil
    }
}
