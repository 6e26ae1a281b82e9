// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// A message made of bytes that an attacker has chosen.
struct FuzzedMessage {
    let bytes: [UInt8]

    /// What our reader gets wrong about it, in words; `nil` for nothing.
    ///
    /// Reading it either throws or gives a message that is written and read as an equal one, whose names and service
    /// bindings are read back from what they print, and which the reader that goes record by record agrees with.
    func fault() -> String? {
        var reader = try? MessageReader(bytes)
        guard let message = try? Message(bytes) else {
            // Whatever it is, going through it ends, and traps nowhere.
            while let place = try? reader?.nextRecord() { _ = try? reader?.record(place) }
            return nil
        }
        if let written = try? message.bytes(), (try? Message(written)) != message {
            return "\(message) is not read back"
        }
        let records = message.answers + message.authorities + message.additionals
        for record in records {
            if record.description.isEmpty { return "a record that prints nothing" }
            if let fault = Self.fault(of: record.name) ?? Self.fault(of: record.data) { return fault }
        }
        var count = 0
        while let place = try? reader?.nextRecord() {
            guard let name = try? reader?.name(of: place), (try? reader?.isName(of: place, name)) == true else {
                return "a record's name is not its name"
            }
            count += 1
        }
        return count == records.count ? nil : "\(count) records one by one, \(records.count) together"
    }

    private static func fault(of name: DomainName) -> String? {
        (try? DomainName(name.description))?.wire == name.wire ? nil : "the name \(name) is not read back"
    }

    private static func fault(of data: any RecordData) -> String? {
        guard let binding = data as? SVCBRecord ?? (data as? HTTPSRecord)?.binding else { return nil }
        return (try? SVCBRecord(presentation: binding.description)) == binding ? nil : "\(binding) is not read back"
    }
}
