// SPDX-License-Identifier: Apache-2.0

public import GetAddrInfo

/// Every question that the corpus makes: each host in each family, of each type and protocol, under each of 128 flag
/// sets.
public enum QuestionProduct {
    /// `AF_UNSPEC`, `AF_INET`, `AF_INET6`, and one that the call does not know.
    public static let families: [Int32] = [0, 2, 10, 5]

    /// With and without SOCK_NONBLOCK and SOCK_CLOEXEC, and some that there are none of.
    public static let types: [Int32] = [
        0, 1, 2, 3, 4, 5, 6, -1, 1 | 0o4000, 2 | 0o2000000, 3 | 0o2004000, 0o4000,
    ]

    /// TCP, UDP, DCCP, SCTP, UDP-Lite, ICMP of both families, and some that there are none of.
    public static let protocols: [Int32] = [0, 6, 17, 132, 136, 33, 1, 58, 255, -1]

    /// Every choice of the seven flags.
    public static let flags: [Int32] = {
        let single: [Int32] = [0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x400]
        return (0..<128).map { choice in
            single.indices.reduce(0) { choice >> $1 & 1 == 1 ? $0 | single[$1] : $0 }
        }
    }()

    /// Flags of glibc's own, and unknown ones.
    public static let oddFlags: [Int32] = [
        0x40, 0x80, 0xC0, 0x42, 0x82, 0xC2, 0x100, 0x200, 0x300, 0x382, 0x3C2, 0x800, 0x4000_0000, .min, -1,
    ]

    /// The services that are asked with each host, so that both the port's and the host's errors come first at times.
    public static let services: [String?] = ["80", nil]

    /// How many questions there are.
    public static let count =
        Corpus.hosts.count * services.count * families.count * types.count * protocols.count * flags.count

    /// The question at a place of the product.
    public static func question(_ index: Int) -> AddressInfoQuestion {
        var rest = index
        func take<Element>(_ elements: [Element]) -> Element {
            defer { rest /= elements.count }
            return elements[rest % elements.count]
        }
        return AddressInfoQuestion(
            host: take(Corpus.hosts),
            service: take(services),
            family: take(families),
            socketType: take(types),
            protocolNumber: take(protocols),
            flags: take(flags)
        )
    }
}
