// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What a service binding says of its endpoints, each key once, in the keys' order (RFC 9460 §2.2).
///
/// The values of the keys that we know are well formed: a malformed one throws, here and on reading a message.
@available(FairDial 0.1, *)
public struct ServiceParameters: Hashable, Sendable {
    /// The parameters, their keys rising.
    public let all: [ServiceParameter]

    /// Parameters in any order.
    ///
    /// - Throws: `MessageError` with the reason `badData` for a key that occurs twice, a value that its key does not
    ///   allow, and a mandatory key that is missing (RFC 9460 §8).
    public init(_ parameters: some Sequence<ServiceParameter>) throws(MessageError) {
        all = parameters.sorted { $0.key < $1.key }
        for (index, parameter) in all.enumerated() {
            let isTwice = index > 0 && all[index - 1].key == parameter.key
            guard !isTwice, isWellFormed(parameter) else { throw MessageError(.badData, at: 0) }
        }
    }

    /// None.
    public static let none = ServiceParameters(all: [])

    private init(all: [ServiceParameter]) {
        self.all = all
    }

    /// The value of a key, as it stands on the wire; `nil` without one.
    public subscript(_ key: ServiceParameter.Key) -> [UInt8]? {
        all.first { $0.key == key }?.value
    }

    /// The keys that a client must understand, `mandatory` itself aside.
    public var mandatory: [ServiceParameter.Key] {
        Self.numbers(self[.mandatory] ?? []).map(ServiceParameter.Key.init(rawValue:))
    }

    /// The protocols offered beside the scheme's own, best first.
    public var protocols: [[UInt8]] {
        Self.texts(self[.alpn] ?? []) ?? []
    }

    /// Whether the scheme's own protocol is not offered.
    public var excludesDefaultProtocol: Bool { self[.noDefaultALPN] != nil }

    /// The port; `nil` for the scheme's own.
    public var port: UInt16? {
        self[.port].map { UInt16($0[0]) << 8 | UInt16($0[1]) }
    }

    /// The hints for IPv4.
    public var ipv4Hints: [IPv4Address] {
        let value = self[.ipv4Hint] ?? []
        return stride(from: 0, to: value.count, by: 4).map { start in
            IPv4Address(bits: value[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    /// The hints for IPv6.
    public var ipv6Hints: [IPv6Address] {
        let value = self[.ipv6Hint] ?? []
        return stride(from: 0, to: value.count, by: 16).map { start in
            let halves = [start, start + 8].map { half in
                value[half..<half + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            return IPv6Address(high: halves[0], low: halves[1])
        }
    }

    private func isWellFormed(_ parameter: ServiceParameter) -> Bool {
        let value = parameter.value
        switch parameter.key {
        case .mandatory:
            let keys = Self.numbers(value)
            let isRising = zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }
            return !keys.isEmpty && value.count % 2 == 0 && isRising && keys[0] != 0
                && keys.allSatisfy { self[ServiceParameter.Key(rawValue: $0)] != nil }
        case .alpn: return Self.texts(value)?.isEmpty == false
        case .noDefaultALPN: return value.isEmpty && self[.alpn] != nil
        case .port: return value.count == 2
        case .ipv4Hint: return !value.isEmpty && value.count % 4 == 0
        case .ipv6Hint: return !value.isEmpty && value.count % 16 == 0
        case .ech, .dohPath: return !value.isEmpty
        case .invalid: return false
        default: return true
        }
    }

    private static func numbers(_ value: [UInt8]) -> [UInt16] {
        stride(from: 0, to: value.count - 1, by: 2).map { UInt16(value[$0]) << 8 | UInt16(value[$0 + 1]) }
    }

    /// The texts of a list, none of them empty, each after its length; `nil` where they do not fill the value.
    private static func texts(_ value: [UInt8]) -> [[UInt8]]? {
        var texts: [[UInt8]] = []
        var position = 0
        while position < value.count {
            let end = position + 1 + Int(value[position])
            guard value[position] > 0, end <= value.count else { return nil }
            texts.append(Array(value[position + 1..<end]))
            position = end
        }
        return texts
    }
}

// MARK: - On the wire

@available(FairDial 0.1, *)
extension ServiceParameters {
    init(reading reader: inout DataReader) throws(MessageError) {
        var parameters: [ServiceParameter] = []
        let start = reader.position
        while !reader.isAtEnd {
            let key = ServiceParameter.Key(rawValue: try reader.uint16())
            // On the wire they must rise already (RFC 9460 §2.2).
            if let last = parameters.last, last.key >= key { throw MessageError(.badData, at: reader.position - 2) }
            let length = Int(try reader.uint16())
            parameters.append(ServiceParameter(key: key, value: try reader.bytes(length)))
        }
        do throws(MessageError) {
            try self.init(parameters)
        } catch {
            throw MessageError(error.reason, at: start)
        }
    }

    func write(to writer: inout MessageWriter) {
        for parameter in all {
            writer.uint16(parameter.key.rawValue)
            writer.uint16(UInt16(truncatingIfNeeded: parameter.value.count))
            writer.raw(parameter.value)
        }
    }
}
