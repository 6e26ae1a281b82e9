// SPDX-License-Identifier: Apache-2.0

import FairDial

/// The head of a CONNECT request (RFC 9110 §9.3.6), read strictly: the clients are programs of this very process.
@available(FairDial 0.1, *)
struct ConnectHead: Sendable {
    /// Why bytes are not the head of an HTTP/1 request.
    struct Fault: Error, Hashable, Sendable {
        /// Which line is wrong.
        let words: String

        init(_ words: String) {
            self.words = words
        }
    }

    /// The longest head: request line, fields and the empty line.
    static let limit = 8_192

    /// `CONNECT`, `GET`, ….
    let method: String
    /// What is asked for: `example.org:443`.
    let authority: String
    /// The values of `Proxy-Authorization`: one, where the request is right.
    let authorizations: [[UInt8]]

    /// Where the empty line ends that ends a head; `nil` where there is none yet.
    ///
    /// - Parameter searched: how many bytes were looked at before, without success.
    static func end(in bytes: [UInt8], searched: Int) -> Int? {
        var index = max(3, searched)
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n"), bytes[index - 1] == UInt8(ascii: "\r"),
                bytes[index - 2] == UInt8(ascii: "\n"), bytes[index - 3] == UInt8(ascii: "\r")
            {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    /// Reads a head that is complete, with its empty line.
    init(_ bytes: some Collection<UInt8>) throws(Fault) {
        var lines = Self.lines(of: bytes)[...]
        guard let first = lines.popFirst() else { throw Fault("the request has no request line") }
        let words = first.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(Self.isToken), !words[1].isEmpty,
            words[1].allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw Fault("the request line cannot be read") }
        guard words[2].elementsEqual("HTTP/1.1".utf8) || words[2].elementsEqual("HTTP/1.0".utf8) else {
            throw Fault("the request is not HTTP/1")
        }
        method = String(decoding: words[0], as: UTF8.self)
        authority = String(decoding: words[1], as: UTF8.self)
        var authorizations: [[UInt8]] = []
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(Self.isToken), line.allSatisfy(Self.isFieldByte)
            else { throw Fault("a header field cannot be read") }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            if name == "proxy-authorization" { authorizations.append(Self.trimmed(line[(colon + 1)...])) }
        }
        self.authorizations = authorizations
    }

    /// What is to be dialed. CONNECT always writes a port, so the last colon ends the host, also of an IPv6 address
    /// without brackets, as some clients write it.
    func target() throws(DialError) -> Target {
        guard let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]),
            authority[authority.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw DialError(.invalidTarget, "the CONNECT request names no host and port", target: authority) }
        var host = authority[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") { host = host.dropFirst().dropLast() }
        return try Target(host: String(host), port: port)
    }

    /// Without the empty one at the end. A line feed alone, or a return alone, ends no line, and is in no field either.
    private static func lines(of bytes: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
        let bytes = Array(bytes)
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 1
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n"), bytes[index - 1] == UInt8(ascii: "\r") {
                lines.append(bytes[start..<(index - 1)])
                start = index + 1
            }
            index += 1
        }
        return lines.dropLast()
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        var value = value.drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        return Array(value)
    }

    /// A character of a token (RFC 9110 §5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Anything but controls; a tab is none here.
    private static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }
}
