// SPDX-License-Identifier: Apache-2.0

/// Reads `name=value&name=value`, and collects values and warnings.
struct OptionParser {
    private(set) var values: [String: OptionValue] = [:]
    private(set) var warnings: [ConnectionStringWarning] = []

    /// - Throws: `invalidOption` for a pair without `=`, an empty `authSource`, a proxy's option given twice, and
    ///   `conflictingOptions` for a `tls` and an `ssl` that disagree.
    mutating func read(_ text: Substring) throws(ConnectionStringError) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ConnectionStringError(.invalidOption, "an option without a name or without a value")
            }
            let name = try PercentEncoding.decode(parts[0], "an option's name").lowercased()
            try read(name, parts[1])
        }
    }

    private mutating func read(_ written: String, _ encoded: Substring) throws(ConnectionStringError) {
        var name = written
        switch written {
        case "ssl": name = "tls"
        case "wtimeout":
            warn(written, "is deprecated; use wtimeoutMS")
            name = "wtimeoutms"
            guard values[name] == nil else { return }
        default: break
        }
        guard let kind = OptionKind.known[name] else {
            // A name with other characters may be a piece of a password that was not encoded.
            let isName = name.utf8.count <= 64 && name.utf8.allSatisfy { (0x61...0x7A).contains($0) }
            return warn(isName ? name : "<unprintable>", "is not an option; it is ignored")
        }
        let text = try PercentEncoding.decode(encoded, "the value of \(OptionKind.spelling(of: name))")
        if text.isEmpty {
            if name == "authsource" { throw ConnectionStringError(.invalidOption, "authSource is empty") }
            return warn(name, "is empty; it is ignored")
        }
        guard let value = read(text, as: kind, name) else { return warn(name, kind.requirement + "; it is ignored") }
        guard let earlier = values[name] else {
            values[name] = value
            return
        }
        if OptionKind.once.contains(name) {
            throw ConnectionStringError(.invalidOption, "\(OptionKind.spelling(of: name)) is given twice")
        }
        switch (earlier, value) {
        case (.tags(let sets), .tags(let more)): values[name] = .tags(sets + more)
        case (.bool(let one), .bool(let other)) where name == "tls":
            guard one == other else { throw ConnectionStringError(.conflictingOptions, "tls and ssl disagree") }
        default:
            // The value from wtimeout makes room without another warning.
            if !(name == "wtimeoutms" && warnings.contains { $0.option == "wtimeout" }) {
                warn(name, "is given twice; the last one counts")
            }
            values[name] = value
        }
    }

    private mutating func warn(_ option: String, _ detail: String) {
        warnings.append(ConnectionStringWarning(option: option, detail: detail))
    }

    /// `nil` for a value that the option does not have.
    private mutating func read(_ text: String, as kind: OptionKind, _ name: String) -> OptionValue? {
        switch kind {
        case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .number(let range): return number(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .text: return name == "appname" && text.utf8.count > 128 ? nil : .text(text)
        case .word(let words): return words.contains(text) ? .text(text) : nil
        case .words(let words):
            let given = text.split(separator: ",").map(String.init)
            let good = given.filter(words.contains)
            if good.count < given.count, !good.isEmpty { warn(name, kind.requirement + "; others are ignored") }
            return good.isEmpty ? nil : .words(good)
        case .secret: return .secret(Secret(text))
        case .tags: return pairs(text).map { .tags([Dictionary($0) { _, last in last }]) }
        case .properties:
            return pairs(text).map { pairs in
                .properties(Dictionary(pairs.map { ($0.0, Secret($0.1)) }) { _, last in last })
            }
        case .numberOrText:
            guard let number = number(text) else { return .text(text) }
            return (0...Int(Int32.max)).contains(number) ? .number(number) : nil
        }
    }

    /// Digits, with a minus sign before them at most.
    private func number(_ text: String) -> Int? {
        text.hasPrefix("+") ? nil : Int(text)
    }

    /// `nil` if a pair has no colon or an empty key.
    private func pairs(_ text: String) -> [(String, String)]? {
        var pairs: [(String, String)] = []
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            pairs.append((String(parts[0]), String(parts[1])))
        }
        return pairs
    }
}
