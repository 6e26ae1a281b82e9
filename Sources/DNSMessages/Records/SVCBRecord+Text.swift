// SPDX-License-Identifier: Apache-2.0

import IPAddresses

@available(FairDial 0.1, *)
extension SVCBRecord {
    /// Reads the presentation form: `1 svc.example. alpn=h2,h3 port=8443` (RFC 9460 §2.1).
    ///
    /// Quotation marks, escapes, parentheses over several lines and comments are read as in a zone file. `ech` is read
    /// under the name `key5` alone.
    /// - Throws: `MessageError` with the reason `badData`, and where in the text.
    public init(presentation text: String) throws(MessageError) {
        let words = try ZoneFileWords.words(of: text)
        guard words.count >= 2, let priority = UInt16(words[0].plain), let target = try? DomainName(words[1].raw) else {
            throw MessageError(.badData, at: 0)
        }
        var parameters: [ServiceParameter] = []
        for word in words.dropFirst(2) {
            guard let parameter = ServiceParameter(word) else { throw MessageError(.badData, at: word.offset) }
            parameters.append(parameter)
        }
        self.init(priority: priority, target: target, parameters: try ServiceParameters(parameters))
    }
}

@available(FairDial 0.1, *)
extension ServiceParameter {
    private static let comma = UInt8(ascii: ",")
    private static let backslash = UInt8(ascii: "\\")

    /// `alpn=h2,h3`, `no-default-alpn`, `key667="hello"`.
    fileprivate init?(_ word: ZoneFileWords.Word) {
        let equals = word.bytes.firstIndex(of: UInt8(ascii: "="))
        let name = String(decoding: word.bytes[..<(equals ?? word.bytes.endIndex)], as: UTF8.self)
        guard let key = Key(name) else { return nil }
        let value = equals.map { Array(word.bytes[($0 + 1)...]) } ?? []
        // A key that is given by number has its value as on the wire, even when the key has a name.
        let isByNumber = Key.names[key] != name
        guard let wire = isByNumber ? value : Self.wire(of: value, for: key) else { return nil }
        self.init(key: key, value: wire)
    }

    private static func octets(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    private static func wire(of value: [UInt8], for key: Key) -> [UInt8]? {
        let text = String(decoding: value, as: UTF8.self)
        switch key {
        case .mandatory:
            let keys = text.split(separator: ",", omittingEmptySubsequences: false).map { Key(String($0)) }
            guard keys.allSatisfy({ $0 != nil }) else { return nil }
            return keys.compactMap { $0?.rawValue }.sorted().flatMap(octets)
        case .alpn:
            guard let items = items(of: value) else { return nil }
            return items.allSatisfy { (1...255).contains($0.count) } ? items.flatMap { [UInt8($0.count)] + $0 } : nil
        case .port: return UInt16(text).map(octets)
        case .ipv4Hint:
            let addresses = text.split(separator: ",", omittingEmptySubsequences: false).map { try? IPv4Address($0) }
            guard addresses.allSatisfy({ $0 != nil }) else { return nil }
            return addresses.compactMap { $0 }.flatMap { address in
                stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: address.bits >> UInt32($0)) }
            }
        case .ipv6Hint:
            let addresses = text.split(separator: ",", omittingEmptySubsequences: false).map { try? IPv6Address($0) }
            guard addresses.allSatisfy({ $0 != nil }) else { return nil }
            return addresses.compactMap { $0 }.flatMap { address in
                [address.high, address.low].flatMap { half in
                    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt64($0)) }
                }
            }
        case .ech: return nil
        default: return value
        }
    }

    /// The items of a list between commas, which have escapes of their own (RFC 9460 appendix A.1).
    private static func items(of value: [UInt8]) -> [[UInt8]]? {
        var items: [[UInt8]] = [[]]
        var position = 0
        while position < value.count {
            var byte = value[position]
            position += 1
            if byte == comma {
                items.append([])
                continue
            }
            if byte == backslash {
                guard position < value.count, [comma, backslash].contains(value[position]) else { return nil }
                byte = value[position]
                position += 1
            }
            items[items.count - 1].append(byte)
        }
        return items
    }
}

@available(FairDial 0.1, *)
extension ServiceParameter.Key {
    /// Reads a key's name, or `key` and its number without leading zeros.
    fileprivate init?(_ text: String) {
        let prefix = "key"
        // `ech` has a form of its own (base64), which is not read here.
        if let known = Self.names.first(where: { $0.value == text })?.key {
            self = known
        } else if text.hasPrefix(prefix), let number = UInt16(text.dropFirst(prefix.count)),
            text == "\(prefix)\(number)"
        {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }
}

@available(FairDial 0.1, *)
extension ServiceParameter: CustomStringConvertible {
    /// As a zone file has it: `alpn="h2,h3"`, `port=8443`.
    public var description: String {
        guard let parameters = try? ServiceParameters([self]) else { return generic }
        switch key {
        case .alpn:
            let items = parameters.protocols.map { item in
                item.flatMap { [Self.comma, Self.backslash].contains($0) ? [Self.backslash, $0] : [$0] }
            }
            return "alpn=\(Presentation.quoted(items.joined(separator: [Self.comma])))"
        case .port: return "port=\(parameters.port ?? 0)"
        case .ipv4Hint: return "ipv4hint=" + parameters.ipv4Hints.map { "\($0)" }.joined(separator: ",")
        case .ipv6Hint: return "ipv6hint=" + parameters.ipv6Hints.map { "\($0)" }.joined(separator: ",")
        default: return generic
        }
    }

    /// What holds for every key: its number, where its name asks for another form, and the value's bytes.
    private var generic: String {
        switch key {
        case .mandatory where value.count % 2 == 0:
            let keys = stride(from: 0, to: value.count, by: 2).map { start in
                "\(Key(rawValue: UInt16(value[start]) << 8 | UInt16(value[start + 1])))"
            }
            return "mandatory=" + keys.joined(separator: ",")
        case .noDefaultALPN where value.isEmpty, .dohPath where value.isEmpty: return "\(key)"
        case .dohPath: return "dohpath=\(Presentation.quoted(value))"
        default: return value.isEmpty ? "key\(key.rawValue)" : "key\(key.rawValue)=\(Presentation.quoted(value))"
        }
    }
}
