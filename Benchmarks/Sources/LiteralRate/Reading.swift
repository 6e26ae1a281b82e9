// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import Glibc
import IPAddresses

/// One thing that is read from texts, by us and by the C library.
struct Reading {
    let name: String
    /// How many texts one pass reads.
    let count: Int
    /// How many times faster than the C library we mean to be.
    let goal: Double
    /// One pass each; a sum over what was read, so that nothing can be left out, and both can be compared.
    let ours: () -> UInt64
    let theirs: () -> UInt64

    /// Times both in turn.
    ///
    /// - Returns: the name, our and the C library's nanoseconds a text (medians), the ratio and its goal.
    func race(rounds: Int) -> String {
        var (our, their): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let (ourTime, ourSum) = Self.timed(count, ours)
            let (theirTime, theirSum) = Self.timed(count, theirs)
            guard ourSum == theirSum else { fatalError("\(name): \(ourSum) and \(theirSum)") }
            our.append(ourTime)
            their.append(theirTime)
        }
        our.sort()
        their.sort()
        let (ourMedian, theirMedian) = (our[rounds / 2], their[rounds / 2])
        let figures = [ourMedian, theirMedian, theirMedian / ourMedian].map { "\(($0 * 10).rounded() / 10)" }
        return ([name] + figures + ["\(goal)"]).joined(separator: "\t")
    }

    static func timed(_ count: Int, _ body: () -> UInt64) -> (nanoseconds: Double, sum: UInt64) {
        let start = ContinuousClock.now
        let sum = body()
        let (seconds, attoseconds) = start.duration(to: .now).components
        return ((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(count), sum)
    }

    static func all(_ texts: RandomTexts) -> [Reading] {
        let (ipv4, ipv6, names) = (PackedTexts(texts.ipv4), PackedTexts(texts.ipv6), PackedTexts(texts.names))
        let tailed = PackedTexts(texts.tailedIPv6)
        let count = texts.ipv4.count
        return [
            Reading(name: "ipv4-value", count: count, goal: 3) {
                ipv4.bytes.reduce(into: 0) { sum, bytes in
                    if let address = try? IPv4Address(utf8: bytes) { sum &+= UInt64(address.bits) }
                }
            } theirs: {
                ipv4.pointers.reduce(into: 0) { $0 &+= pton4($1) ?? 0 }
            },
            Reading(name: "ipv4-value-of-string", count: count, goal: 3) {
                texts.ipv4.reduce(into: 0) { sum, text in
                    if let address = try? IPv4Address(text) { sum &+= UInt64(address.bits) }
                }
            } theirs: {
                ipv4.pointers.reduce(into: 0) { $0 &+= pton4($1) ?? 0 }
            },
            Reading(name: "ipv6-value", count: count, goal: 4) {
                ipv6.bytes.reduce(into: 0) { sum, bytes in
                    if let address = try? IPv6Address(utf8: bytes) { sum &+= address.high &+ address.low }
                }
            } theirs: {
                ipv6.pointers.reduce(into: 0) { $0 &+= pton6($1) ?? 0 }
            },
            Reading(name: "ipv6-value-of-string", count: count, goal: 4) {
                texts.ipv6.reduce(into: 0) { sum, text in
                    if let address = try? IPv6Address(text) { sum &+= address.high &+ address.low }
                }
            } theirs: {
                ipv6.pointers.reduce(into: 0) { $0 &+= pton6($1) ?? 0 }
            },
            Reading(name: "ipv6-tailed-value", count: count, goal: 1) {
                tailed.bytes.reduce(into: 0) { sum, bytes in
                    if let address = try? IPv6Address(utf8: bytes) { sum &+= address.high &+ address.low }
                }
            } theirs: {
                tailed.pointers.reduce(into: 0) { $0 &+= pton6($1) ?? 0 }
            },
            Reading(name: "name", count: count, goal: 5) {
                names.bytes.reduce(into: 0) { sum, bytes in
                    if case .name = NumericHost(utf8: bytes) { sum &+= 1 }
                }
            } theirs: {
                names.pointers.reduce(into: 0) { $0 &+= pton4($1) == nil && pton6($1) == nil ? 1 : 0 }
            },
            Reading(name: "name-in-string", count: count, goal: 5) {
                texts.names.reduce(into: 0) { sum, text in
                    if case .name = NumericHost(text) { sum &+= 1 }
                }
            } theirs: {
                names.pointers.reduce(into: 0) { $0 &+= pton4($1) == nil && pton6($1) == nil ? 1 : 0 }
            },
            infos("ipv4-info", ipv4, goal: 5),
            infos("ipv4-info-of-string", ipv4, texts.ipv4, goal: 5),
            infos("ipv6-info", ipv6, goal: 8),
            infos("ipv6-info-of-string", ipv6, texts.ipv6, goal: 8),
        ]
    }

    private static let hints = AddressInfoHints(socketType: 1, flags: AI_NUMERICHOST | AI_NUMERICSERV)
    private static let service: StaticString = "443"

    private static func infos(_ name: String, _ texts: PackedTexts, goal: Double) -> Reading {
        let service = UnsafeBufferPointer(start: service.utf8Start, count: service.utf8CodeUnitCount)
        let hints = hints
        return Reading(name: name, count: texts.bytes.count, goal: goal) {
            var sum: UInt64 = 0
            for host in texts.bytes {
                let answer = AddressInfoQuestion.numericAnswer(host: host, service: service, hints: hints)
                if case .answered(let entries) = answer { for entry in entries { sum &+= value(entry) } }
            }
            return sum
        } theirs: {
            called(texts)
        }
    }

    private static func infos(_ name: String, _ packed: PackedTexts, _ texts: [String], goal: Double) -> Reading {
        let hints = hints
        return Reading(name: name, count: texts.count, goal: goal) {
            var sum: UInt64 = 0
            for host in texts {
                let answer = AddressInfoQuestion.numericAnswer(host: host, service: "443", hints: hints)
                if case .answered(let entries) = answer {
                    for entry in entries { sum &+= value(entry) }
                }
            }
            return sum
        } theirs: {
            called(packed)
        }
    }

    @inline(__always)
    private static func value(_ entry: AddressInfo) -> UInt64 {
        switch entry.endpoint.address {
        case .v4(let address): UInt64(address.bits) &+ UInt64(entry.endpoint.port)
        case .v6(let address, _): address.high &+ address.low &+ UInt64(entry.endpoint.port)
        }
    }

    // MARK: The C library

    private static func pton4(_ text: UnsafePointer<CChar>) -> UInt64? {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1 ? UInt64(UInt32(bigEndian: address.s_addr)) : nil
    }

    private static func pton6(_ text: UnsafePointer<CChar>) -> UInt64? {
        var halves: (UInt64, UInt64) = (0, 0)
        guard inet_pton(AF_INET6, text, &halves) == 1 else { return nil }
        return UInt64(bigEndian: halves.0) &+ UInt64(bigEndian: halves.1)
    }

    private static func called(_ texts: PackedTexts) -> UInt64 {
        var hints = addrinfo()
        hints.ai_socktype = Self.hints.socketType
        hints.ai_flags = Self.hints.flags
        let service = UnsafeRawPointer(service.utf8Start).assumingMemoryBound(to: CChar.self)
        var sum: UInt64 = 0
        for text in texts.pointers {
            var first: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(text, service, &hints, &first) == 0 else { continue }
            var next = first
            while let entry = next?.pointee, let address = UnsafeRawPointer(entry.ai_addr) {
                if entry.ai_family == AF_INET {
                    let ipv4 = address.loadUnaligned(as: sockaddr_in.self)
                    sum &+= UInt64(UInt32(bigEndian: ipv4.sin_addr.s_addr)) &+ UInt64(UInt16(bigEndian: ipv4.sin_port))
                } else {
                    sum &+= UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    sum &+= UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                    sum &+= UInt64(UInt16(bigEndian: address.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
                }
                next = entry.ai_next
            }
            freeaddrinfo(first)
        }
        return sum
    }
}
