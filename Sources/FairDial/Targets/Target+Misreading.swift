// SPDX-License-Identifier: Apache-2.0

/// What a caller meant by a text that is no host: for the message that refuses it.
@available(FairDial 0.1, *)
extension Target {
    /// What such a text is, and what to dial instead: a URL, a host in brackets, or a host with its port; `nil` for any
    /// other.
    ///
    /// Only what no hosts file has: a name there may have a slash or a colon, and the C library finds it.
    package static func misreading(of text: String) -> String? {
        if text.utf8.first == UInt8(ascii: "[") { return bracketed(text) }
        if let misreading = misreading(ofURL: text) { return misreading }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex else { return nil }
        let digits = text.utf8[colon...].dropFirst()
        guard digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let port = UInt16(text[digits.startIndex...]), port != 0
        else { return nil }
        return "the host has a port in it: dial \(excerpt(String(text[..<colon]))), port \(port)"
    }

    /// The same of a URL alone.
    static func misreading(ofURL text: String) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex else { return nil }
        let rest = text.utf8[colon...].dropFirst()
        guard rest.starts(with: "//".utf8) else { return nil }
        let authority = text[rest.dropFirst(2).startIndex...].prefix { !["/", "?", "#"].contains($0) }
        let place = String(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority)
        let (host, port) = (try? split(place)) ?? (place, nil)
        guard !host.isEmpty else { return "a URL is not a host: dial the host that it names" }
        let words = "a URL is not a host: dial its host, \(excerpt(host))"
        guard let port, !port.isEmpty else { return words }
        return words + ", port \(excerpt(String(port)))"
    }

    private static func bracketed(_ text: String) -> String {
        guard let (host, port) = try? split(text), !host.isEmpty, host.utf8.count < text.utf8.count else {
            return "the host begins with a bracket: leave it out"
        }
        guard let port, !port.isEmpty else { return "the host has brackets: leave them out, \(excerpt(host))" }
        return "the host has brackets and a port: dial \(excerpt(host)), port \(excerpt(String(port)))"
    }
}
