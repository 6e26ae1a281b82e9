// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// A resolv.conf made of bytes that an attacker has chosen.
struct FuzzedResolvConf {
    let bytes: [UInt8]

    /// What our reader makes of it that cannot be; `nil` for nothing.
    func fault() -> String? {
        let file = ResolverFile(bytes)
        if let fault = Self.fault(of: file) { return fault }
        // What says nothing changes nothing.
        let longer = ResolverFile(bytes + Array("\n\n# nothing\n; nothing\nnothing more\n".utf8))
        if longer != file { return "\(longer), without the comments \(file)" }
        // As glibc does, which reads the environment behind the file.
        let text = String(decoding: bytes, as: UTF8.self)
        let variables = ["LOCALDOMAIN": text, "RES_OPTIONS": text, "HOSTALIASES": text]
        return Self.fault(of: ResolverFile(bytes, environment: variables, hostname: text))
    }

    private static func fault(of file: ResolverFile) -> String? {
        if !(1...3).contains(file.servers.count) { return "\(file.servers.count) servers" }
        if !(0...15).contains(file.ndots) { return "\(file.ndots) dots" }
        if file.timeout < .seconds(1) || file.timeout > .seconds(30) { return "a timeout of \(file.timeout)" }
        if !(1...5).contains(file.attempts) { return "\(file.attempts) attempts" }
        return nil
    }
}
