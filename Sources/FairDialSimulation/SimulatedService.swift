// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDial
import IPAddresses
import NameResolution

/// What one dial of a run has been told of its SRV records, and which targets it may dial by now.
struct SimulatedService {
    private(set) var isAsked = false
    private var records: [SRVRecord] = []
    /// When the lookup of each name was first asked for, in nanoseconds.
    private var asked: [String: UInt64] = [:]
    private var ended: Set<String> = []
    /// What each name has, and when that was told.
    private var told: [String: [(address: IPAddress, at: UInt64)]] = [:]

    mutating func asks() { isAsked = true }

    mutating func listed(_ records: [SRVRecord]) {
        isAsked = false
        self.records = records.filter { $0.target != .root && $0.port != 0 }
    }

    mutating func asks(_ name: String, at now: UInt64) {
        if asked[Self.key(name)] == nil { asked[Self.key(name)] = now }
    }

    mutating func told(_ addresses: [IPAddress], of name: String, at now: UInt64) {
        told[Self.key(name), default: []] += addresses.map { ($0, now) }
    }

    mutating func ended(_ name: String) { ended.insert(Self.key(name)) }

    /// Why an endpoint may not be opened now, by RFC 2782; `nil` where it may.
    ///
    /// - Parameters:
    ///   - tried: what has been opened before.
    ///   - families: those that are dialed.
    ///   - delay: how long a silent name keeps the next target waiting.
    ///   - knowledge: what was told by then has been heard.
    func fault(
        opening endpoint: Endpoint,
        tried: [Destination],
        families: AddressFamilies,
        delay: UInt64,
        now: UInt64,
        knowing knowledge: UInt64
    ) -> String? {
        let mine = records.filter { record in
            record.port == endpoint.port
                && told[Self.key("\(record.target)")]?.contains { $0.address == endpoint.address } == true
        }
        guard let priority = mine.map(\.priority).min() else { return "no target has it" }
        for better in records where better.priority < priority {
            let name = Self.key("\(better.target)")
            let known = (told[name] ?? []).filter { families.contains($0.address.family) }
            for (address, time) in known where time < knowledge {
                let other = Endpoint(address: address, port: better.port)
                if !tried.contains(.internet(other)) { return "\(other) of a better priority is untried" }
            }
            guard known.isEmpty, !ended.contains(name) else { continue }
            guard let since = asked[name] else { return "\(name) of a better priority is not looked up" }
            if told[name] == nil, now < since + delay { return "\(name) of a better priority may still be found" }
        }
        return nil
    }

    private static func key(_ name: String) -> String {
        (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
    }
}
