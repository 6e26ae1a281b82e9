// SPDX-License-Identifier: Apache-2.0

import IPAddresses
public import Logging
public import NameResolution

@available(FairDial 0.1, *)
extension LookupInFlight {
    /// The lookup's facts by name, for a structured log: `lookup.name`, `lookup.type`, `lookup.source`,
    /// `lookup.servers`, `lookup.stage`, `lookup.age_s` (seconds), `lookup.waiters`, `lookup.abandoned`.
    public var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "lookup.name": .string(name.printable),
            "lookup.stage": .string(stage.rawValue),
            "lookup.age_s": .stringConvertible(age / .seconds(1)),
            "lookup.waiters": .stringConvertible(waiters),
            "lookup.abandoned": .stringConvertible(isAbandoned),
        ]
        if let recordType { metadata["lookup.type"] = .string("\(recordType)") }
        if let source { metadata["lookup.source"] = .string(source.rawValue) }
        if !servers.isEmpty { metadata["lookup.servers"] = .array(servers.map { .string("\($0)") }) }
        return metadata
    }
}
