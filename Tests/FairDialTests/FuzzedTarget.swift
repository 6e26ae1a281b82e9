// SPDX-License-Identifier: Apache-2.0

import FairDial

/// A text from a stranger that is to name what to dial.
struct FuzzedTarget {
    let bytes: [UInt8]

    /// What our reader gets wrong about it, in words; `nil` for nothing.
    ///
    /// Reading it either throws or gives a target that is printed on one line and, where nothing had to be escaped or
    /// cut short, is read back as an equal one; and so does a host beside its port.
    func fault() -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        return fault { () throws(DialError) in try Target(text) }
            ?? fault { () throws(DialError) in try Target(text, defaultPort: 443) }
            ?? fault { () throws(DialError) in try Target(host: text, port: 65_535) }
            ?? fault { () throws(DialError) in try Target.path(text) }
    }

    private func fault(_ read: () throws(DialError) -> Target) -> String? {
        let target: Target
        do throws(DialError) {
            target = try read()
        } catch {
            if error.code != .invalidTarget { return "\(error)" }
            return Self.isOneLine("\(error)") ? nil : "more than one line: \("\(error)".debugDescription)"
        }
        let printed = "\(target)"
        guard Self.isOneLine(printed) else { return "more than one line: \(printed.debugDescription)" }
        if target.host == nil, target.port != nil { return "\(printed) has a port and no host" }
        let isWhole = !printed.contains("\\") && !printed.contains("…")
        // What reads as a path, such as the port 80 of a host named "unix", or ends a bracket, is a host only by
        // itself.
        let isPlain = target.host == nil ? printed.hasPrefix("/") : !["/", "unix:"].contains(where: printed.hasPrefix)
        // A mark that combines with a bracket makes another character of it: such a text is refused.
        guard isWhole, isPlain, target.host?.contains("]") != true, printed.utf8.allSatisfy({ $0 < 0x80 }) else {
            return nil
        }
        return (try? Target(printed)) == target ? nil : "\(printed) is not read back"
    }

    /// Whether a terminal takes it for a text: no control characters, of ASCII's nor of ISO 6429's.
    private static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) && !(0x2028...0x202E ~= $0.value)
        }
    }
}
