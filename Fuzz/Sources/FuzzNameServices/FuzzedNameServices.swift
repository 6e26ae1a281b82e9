// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// An nsswitch.conf made of bytes that an attacker has chosen.
struct FuzzedNameServices {
    let bytes: [UInt8]

    /// What our reader makes of it that cannot be; `nil` for nothing.
    func fault() -> String? {
        let file = NameServiceSwitch(bytes)
        let longer = NameServiceSwitch(bytes + Array("\n\n# hosts: nothing\nnothing\n".utf8))
        if longer != file { return "\(longer), without the comments \(file)" }
        for service in file.hosts + (file.services ?? []) {
            let words = [service.name] + service.actions
            if words.contains(where: { $0.isEmpty || $0.utf8.contains(0x20) }) { return "\(service) has no word" }
        }
        // Only that they end: what they say is the lines' own affair.
        _ = (file.isHostsFileFirst, file.servicesSource)
        return nil
    }
}
