// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import Glibc
import IPAddresses

/// One reading, ours and the C library's, on the same texts.
struct Race {
    let title: String
    let goal: Double
    let count: Int
    /// Each returns a sum over what it read, so that nothing is left out and both can be compared.
    let ours: () -> UInt64
    let theirs: () -> UInt64

    func run(rounds: Int) {
        var mine: [Double] = []
        var other: [Double] = []
        for _ in 0..<rounds {
            let (ourTime, ourSum) = Self.time(ours, count)
            let (theirTime, theirSum) = Self.time(theirs, count)
            if ourSum != theirSum { fatalError("\(title): the two do not read the same: \(ourSum) and \(theirSum)") }
            mine.append(ourTime)
            other.append(theirTime)
        }
        mine.sort()
        other.sort()
        let (a, b) = (mine[rounds / 2], other[rounds / 2])
        print(
            "\(title): ours \(Self.rounded(a)) ns, C library \(Self.rounded(b)) ns, ratio \(Self.rounded(b / a)) (goal \(goal))"
        )
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func time(_ body: () -> UInt64, _ count: Int) -> (Double, UInt64) {
        let start = ContinuousClock.now
        let sum = body()
        let spent = start.duration(to: .now)
        return (
            Double(spent.components.attoseconds) / 1e9 / Double(count) + Double(spent.components.seconds) * 1e9
                / Double(count), sum
        )
    }

    static func all(_ texts: RandomTexts) -> [Race] {
        let (c4, c6, cn) = (CTexts(texts.ipv4), CTexts(texts.ipv6), CTexts(texts.names))
        let count = texts.ipv4.count
        return [
            Race(title: "bytes to IPv4", goal: 3, count: count) {
                var sum: UInt64 = 0
                for bytes in c4.buffers {
                    if let address = try? IPv4Address(utf8: bytes) { sum &+= UInt64(address.bits) }
                }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = in_addr()
                for text in c4.starts where inet_pton(AF_INET, text, &address) == 1 {
                    sum &+= UInt64(UInt32(bigEndian: address.s_addr))
                }
                return sum
            },
            Race(title: "text to IPv4", goal: 3, count: count) {
                var sum: UInt64 = 0
                for text in texts.ipv4 { if let address = try? IPv4Address(text) { sum &+= UInt64(address.bits) } }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = in_addr()
                for text in c4.starts where inet_pton(AF_INET, text, &address) == 1 {
                    sum &+= UInt64(UInt32(bigEndian: address.s_addr))
                }
                return sum
            },
            Race(title: "bytes to IPv6", goal: 4, count: count) {
                var sum: UInt64 = 0
                for bytes in c6.buffers {
                    if let address = try? IPv6Address(utf8: bytes) { sum &+= address.high &+ address.low }
                }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = (UInt64(0), UInt64(0))
                for text in c6.starts where inet_pton(AF_INET6, text, &address) == 1 {
                    sum &+= UInt64(bigEndian: address.0) &+ UInt64(bigEndian: address.1)
                }
                return sum
            },
            Race(title: "text to IPv6", goal: 4, count: count) {
                var sum: UInt64 = 0
                for text in texts.ipv6 {
                    if let address = try? IPv6Address(text) { sum &+= address.high &+ address.low }
                }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = (UInt64(0), UInt64(0))
                for text in c6.starts where inet_pton(AF_INET6, text, &address) == 1 {
                    sum &+= UInt64(bigEndian: address.0) &+ UInt64(bigEndian: address.1)
                }
                return sum
            },
            Race(title: "a name is no address", goal: 5, count: count) {
                var sum: UInt64 = 0
                for text in texts.names { if case .name = NumericHost(text) { sum &+= 1 } }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = (UInt64(0), UInt64(0))
                for text in cn.starts
                where inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1 { sum &+= 1 }
                return sum
            },
            Race(title: "a name is no address (IPAddress)", goal: 5, count: count) {
                var sum: UInt64 = 0
                for text in texts.names { if (try? IPAddress(text)) == nil { sum &+= 1 } }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = (UInt64(0), UInt64(0))
                for text in cn.starts
                where inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1 { sum &+= 1 }
                return sum
            },
            Race(title: "IPv4 literal in bytes to address info", goal: 5, count: count) {
                ours(c4)
            } theirs: {
                theirs(c4)
            },
            Race(title: "IPv6 literal in bytes to address info", goal: 8, count: count) {
                ours(c6)
            } theirs: {
                theirs(c6)
            },
            Race(title: "a name in bytes is no address", goal: 5, count: count) {
                var sum: UInt64 = 0
                for bytes in cn.buffers { if case .name = NumericHost(utf8: bytes) { sum &+= 1 } }
                return sum
            } theirs: {
                var sum: UInt64 = 0
                var address = (UInt64(0), UInt64(0))
                for text in cn.starts
                where inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1 { sum &+= 1 }
                return sum
            },
            Race(title: "IPv4 literal to address info", goal: 5, count: count) {
                ours(texts.ipv4)
            } theirs: {
                theirs(c4)
            },
            Race(title: "IPv6 literal to address info", goal: 8, count: count) {
                ours(texts.ipv6)
            } theirs: {
                theirs(c6)
            },
        ]
    }

    private static func ours(_ texts: CTexts) -> UInt64 {
        var sum: UInt64 = 0
        let hints = AddressInfoHints(socketType: 1, flags: AI_NUMERICHOST | AI_NUMERICSERV)
        let service: StaticString = "443"
        let port = UnsafeBufferPointer(start: service.utf8Start, count: service.utf8CodeUnitCount)
        for host in texts.buffers {
            guard case .answered(let infos) = AddressInfoQuestion.numericAnswer(host: host, service: port, hints: hints)
            else { continue }
            for info in infos {
                switch info.endpoint.address {
                case .v4(let address): sum &+= UInt64(address.bits)
                case .v6(let address, _): sum &+= address.high &+ address.low
                }
                sum &+= UInt64(info.endpoint.port)
            }
        }
        return sum
    }

    private static func ours(_ texts: [String]) -> UInt64 {
        var sum: UInt64 = 0
        for text in texts {
            let question = AddressInfoQuestion(
                host: text,
                service: "443",
                socketType: 1,
                flags: AI_NUMERICHOST | AI_NUMERICSERV
            )
            guard case .answered(let infos) = question.numericAnswer() else { continue }
            for info in infos {
                switch info.endpoint.address {
                case .v4(let address): sum &+= UInt64(address.bits)
                case .v6(let address, _): sum &+= address.high &+ address.low
                }
                sum &+= UInt64(info.endpoint.port)
            }
        }
        return sum
    }

    private static func theirs(_ texts: CTexts) -> UInt64 {
        var sum: UInt64 = 0
        var hints = addrinfo()
        hints.ai_socktype = 1
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        for text in texts.starts {
            var first: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(text, "443", &hints, &first) == 0 else { continue }
            var next = first
            while let info = next?.pointee {
                if info.ai_family == AF_INET {
                    info.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        sum &+=
                            UInt64(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
                            &+ UInt64(UInt16(bigEndian: $0.pointee.sin_port))
                    }
                } else {
                    info.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        let raw = UnsafeRawPointer($0)
                        sum &+= UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                        sum &+= UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                        sum &+= UInt64(UInt16(bigEndian: $0.pointee.sin6_port))
                    }
                }
                next = info.ai_next
            }
            freeaddrinfo(first)
        }
        return sum
    }
}
