// SPDX-License-Identifier: Apache-2.0

public import DNSMessages

/// Looks names up: the system's resolver, a DNS resolver, a script in a test.
///
/// A resolver need not share lookups, read the hosts file or parse numeric hosts: `NameResolver` stands in front of it
/// and does.
@available(FairDial 0.1, *)
public protocol AddressResolver: Sendable {
    /// Starts a lookup and returns at once.
    ///
    /// - Parameters:
    ///   - question: the name and the families wanted.
    ///   - fairnessKey: on whose behalf; the slots of a bounded queue are shared out by it.
    ///   - receive: called with each event, in order, one at a time, on any thread, perhaps before `lookUp` returns.
    ///     It must not block.
    /// - Returns: the lookup in flight. Dropping the handle does not end it; `cancel` does.
    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle

    /// Starts a lookup of records of one type, such as SRV, and returns at once. No search list is used.
    ///
    /// - Parameters:
    ///   - question: the name and the type; its class is not looked at, and is the Internet's.
    ///   - fairnessKey: on whose behalf.
    ///   - receive: called with each event, in order, one at a time, on any thread, perhaps before this returns. It
    ///     must not block.
    /// - Returns: the lookup in flight. Dropping it does not end it; `cancel` does.
    func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle

    /// Every lookup in flight, the oldest first: who is stuck, and on which server.
    ///
    /// One that no caller waits for any more is among them as long as it cannot be called back.
    var lookupsInFlight: [LookupInFlight] { get }
}

@available(FairDial 0.1, *)
extension AddressResolver {
    /// A resolver that is a `RecordResolver` too is asked as such; any other one has no records to give.
    public func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        if let resolver = self as? any RecordResolver {
            receive(.started)
            return RecordTask(question, by: resolver, for: fairnessKey, receive)
        }
        let message = "\(question.name) \(question.type): this resolver looks up addresses alone"
        receive(.ended(.failure(ResolutionError(.failed, message))))
        return EndedLookup()
    }

    /// Empty: `NameResolver` keeps the list for the resolver behind it.
    public var lookupsInFlight: [LookupInFlight] { [] }
}
