// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import NIOConcurrencyHelpers
import NameResolution

/// A resolver whose one service is a table, told at once or when the test says so; its names are a script's.
final class ScriptedService: AddressResolver {
    private struct State: Sendable {
        var records: [SRVRecord]?
        var receive: (@Sendable (RecordEvent) -> Void)?
        var cancellations = 0
    }

    private struct Handle: LookupHandle {
        let service: ScriptedService

        func cancel() -> Bool {
            service.state.withLockedValue { $0.cancellations += 1 }
            return true
        }
    }

    private let state: NIOLockedValueBox<State>
    private let names: ScriptedResolver

    /// - Parameter records: what the service has; `nil` to wait for `tell`.
    init(records: [SRVRecord]?, names: ScriptedResolver) {
        state = NIOLockedValueBox(State(records: records))
        self.names = names
    }

    /// How often the lookup of the service was cancelled.
    var cancellations: Int { state.withLockedValue { $0.cancellations } }

    /// Whether the service is being looked up.
    var isAsked: Bool { state.withLockedValue { $0.receive != nil } }

    /// Tells what becomes of the service's lookup.
    func tell(_ event: RecordEvent) {
        state.withLockedValue { $0.receive }?(event)
    }

    /// The records of a service, as an event.
    static func ended(_ records: [SRVRecord]) -> RecordEvent {
        let name = DomainName.root
        let all = records.map { Record(name: name, timeToLive: 60, data: $0) }
        return .ended(.success(RecordAnswer(records: all, name: name, timeToLive: 60)))
    }

    func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        let records = state.withLockedValue { state in
            state.receive = receive
            return state.records
        }
        if let records { receive(Self.ended(records)) }
        return Handle(service: self)
    }

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        names.lookUp(question, for: fairnessKey, receive)
    }
}
