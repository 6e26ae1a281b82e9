// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// A resolver that a test makes of records; no name has an address.
protocol RecordsAlone: AddressResolver, RecordResolver {}

extension RecordsAlone {
    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        receive(.ended(ResolutionError(.nameNotFound, "\(question.name) is in no table")))
        return ScriptedNothing()
    }
}

private struct ScriptedNothing: LookupHandle {
    func cancel() -> Bool { true }
}
