// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The local addresses and the device that a dial's sockets are bound to. They decide where the kernel connects to when
/// it is given `0.0.0.0` or `::`, which mean this machine, or an IPv4-mapped IPv6 address, which it reaches by IPv4.
@available(FairDial 0.1, *)
struct SocketOrigin: Hashable, Sendable {
    /// Neither an address nor a device is chosen for the sockets.
    static let any = SocketOrigin()

    /// The addresses that the sockets are bound to, one of each family at most.
    private var addresses: [IPAddress] = []

    /// Whether an option binds them to a device: `0.0.0.0` reaches an address of that device then, and only the kernel
    /// knows which.
    private var isBoundToDevice = false

    private init() {}

    init(_ options: DialOptions) {
        addresses = options.localEndpoints.map(\.address)
        #if os(Linux)
            isBoundToDevice = options.socketOptions.contains { option in
                switch option.level {
                case SOL_SOCKET: option.name == SO_BINDTODEVICE || option.name == LinuxOptions.bindToIndex
                case LinuxOptions.ipv4: option.name == LinuxOptions.ipv4Interface
                case LinuxOptions.ipv6: option.name == LinuxOptions.ipv6Interface
                default: false
                }
            }
        #else
            // What other kernels make of their options has not been tried.
            isBoundToDevice = !options.socketOptions.isEmpty
        #endif
    }

    /// The address that the kernel connects to when it is given this one, the same for most; `nil` where it cannot be
    /// told.
    ///
    /// - Source: Linux 6, by `getpeername` after `connect`, in a network namespace: `0.0.0.0` and `::ffff:0.0.0.0`
    ///   reach the address that the socket is bound to, else `127.0.0.1`; `::` and `::%2` reach `::1`, but `127.0.0.1`
    ///   from an IPv4-mapped IPv6 address.
    func reached(by address: IPAddress) -> IPAddress? {
        switch address {
        case .v4(.unspecified): return reachedByUnspecifiedIPv4(from: .ipv4)
        case .v4: return address
        case .v6(.unspecified, _): return isFromMapped ? .v4(.loopback) : .v6(.loopback, zone: nil)
        case .v6(let bits, _):
            guard let mapped = bits.mappedIPv4 else { return address }
            return mapped == .unspecified ? reachedByUnspecifiedIPv4(from: .ipv6) : .v4(mapped)
        }
    }

    private func reachedByUnspecifiedIPv4(from family: AddressFamily) -> IPAddress? {
        if isBoundToDevice { return nil }
        let local: IPv4Address? =
            switch addresses.first(where: { $0.family == family }) {
            case .v4(let bits)?: bits
            case .v6(let bits, _)?: bits.mappedIPv4
            case nil: nil
            }
        guard let local, local != .unspecified else { return .v4(.loopback) }
        return .v4(local)
    }

    private var isFromMapped: Bool {
        addresses.contains { if case .v6(let bits, _) = $0 { bits.mappedIPv4 != nil } else { false } }
    }
}

#if os(Linux)
    /// Numbers of the kernel's that the C library's module does not show, or shows in another type.
    private enum LinuxOptions {
        /// `IPPROTO_IP` and `IP_UNICAST_IF`.
        static let ipv4: Int32 = 0
        static let ipv4Interface: Int32 = 50
        /// `IPPROTO_IPV6` and `IPV6_UNICAST_IF`.
        static let ipv6: Int32 = 41
        static let ipv6Interface: Int32 = 76
        /// `SO_BINDTOIFINDEX`.
        static let bindToIndex: Int32 = 62
    }
#endif
