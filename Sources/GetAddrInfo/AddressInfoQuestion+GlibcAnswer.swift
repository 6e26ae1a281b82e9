// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension AddressInfoQuestion {
    /// glibc's answer, checked against version 2.36.
    ///
    /// The order of the checks is glibc's too: it decides which of two errors is told.
    func glibcAnswer() -> NumericAnswer {
        if holdsNUL(host) { return .failed(.noName) }
        if holdsNUL(service) { return .failed(.service) }
        let host = host == "*" ? nil : host
        let flags = QuestionFlags(rawValue: flags)
        if host == nil, service == nil || service == "*" { return .failed(.noName) }
        if !flags.isSubset(of: .knownToGlibc) { return .failed(.badFlags) }
        if host == nil, flags.contains(.canonicalName) { return .failed(.badFlags) }
        guard family == AF_UNSPEC || family == AF_INET || family == AF_INET6 else { return .failed(.family) }
        // Which families are up decides, even before a literal is read.
        if flags.contains(.asConfigured) { return .needsLookup }

        let service = NumericService(service)
        if service == .name, flags.contains(.numericService) { return .failed(.noName) }
        do {
            let kinds = try SocketKind.choice(
                socketType: socketType,
                protocolNumber: protocolNumber,
                hasService: service != .none
            )
            switch service {
            case .name: return .needsLookup
            case .negative: return .failed(.service)
            case .none: return try answer(to: host, flags: flags, port: 0, kinds: kinds)
            case .port(let port): return try answer(to: host, flags: flags, port: port, kinds: kinds)
            }
        } catch {
            return .failed(error)
        }
    }

    private func answer(
        to host: String?,
        flags: QuestionFlags,
        port: UInt16,
        kinds: SocketKind.Choice
    ) throws(AddressInfoError) -> NumericAnswer {
        guard let host else {
            let own = ownAddresses(flags)
            return entries(for: own.first, and: own.second, port: port, kinds: kinds)
        }
        // The text is turned into an ASCII name first, and full-width digits into digits by that.
        if flags.contains(.idn), !host.withUTF8Bytes({ $0.allSatisfy { $0 < 0x80 } }) { return .needsLookup }
        // The echoed text goes through a library that may or may not be installed.
        if flags.isSuperset(of: [.canonicalName, .canonicalIDN]) { return .needsLookup }

        let address: IPAddress
        switch HostShape(host) {
        case .ipv4(let ipv4):
            address = try self.address(of: ipv4, flags: flags)
        case .ipv6:
            if let ipv6 = try? ZonedIPv6(host[...]) {
                guard let read = try self.address(of: ipv6) else { return .needsLookup }
                address = read
            } else {
                return try name(flags)
            }
        case .empty:
            throw .noName
        case .ipv4WithZone, .name:
            return try name(flags)
        }
        let canonicalName = flags.contains(.canonicalName) ? host : nil
        return entries(for: address, port: port, kinds: kinds, canonicalName: canonicalName)
    }

    /// Even what is no name anywhere else is looked up: a hosts file may hold the oddest names.
    private func name(_ flags: QuestionFlags) throws(AddressInfoError) -> NumericAnswer {
        if flags.contains(.numericHost) { throw .noName }
        return .needsLookup
    }

    private func address(of ipv4: IPv4Address, flags: QuestionFlags) throws(AddressInfoError) -> IPAddress {
        if family != AF_INET6 { return .v4(ipv4) }
        guard flags.contains(.mapped) else { throw .addressFamily }
        return .v6(IPv6Address(high: 0, low: 0xffff_0000_0000 | UInt64(ipv4.bits)), zone: nil)
    }

    /// - Returns: `nil` where only the call can tell.
    private func address(of host: ZonedIPv6) throws(AddressInfoError) -> IPAddress? {
        let ipv6 = host.address
        var mapped: IPv4Address?
        if family == AF_INET {
            guard ipv6.high == 0, ipv6.low >> 32 == 0xffff else { throw .addressFamily }
            mapped = IPv4Address(bits: UInt32(truncatingIfNeeded: ipv6.low))
        }
        var index: UInt32 = 0
        if let zone = host.zone {
            do {
                index = try ScopeID(zone, on: ipv6.isScopedToLink).index
            } catch .interfacesUnavailable {
                return nil
            } catch .namedZoneBeyondLink where mapped != nil {
                // glibc asks the half-converted address whether it is link-local: 254.128.0.0/10 may have a named zone.
                return nil
            } catch {
                throw .noName
            }
        }
        if let mapped { return .v4(mapped) }
        return .v6(ipv6, zone: index == 0 ? nil : .index(index))
    }

    /// The addresses for no host: loopback, or everything when the socket is to listen.
    ///
    /// Their order is that of a machine that has IPv6 and nothing in `gai.conf`: glibc sorts them as it sorts any
    /// others.
    private func ownAddresses(_ flags: QuestionFlags) -> (first: IPAddress, second: IPAddress?) {
        let passive = flags.contains(.passive)
        let ipv4 = IPAddress.v4(IPv4Address(bits: passive ? 0 : 0x7f00_0001))
        let ipv6 = IPAddress.v6(IPv6Address(high: 0, low: passive ? 0 : 1), zone: nil)
        if family == AF_INET { return (ipv4, nil) }
        if family == AF_INET6 { return (ipv6, nil) }
        return passive ? (ipv4, ipv6) : (ipv6, ipv4)
    }

    private func entries(
        for first: IPAddress,
        and second: IPAddress? = nil,
        port: UInt16,
        kinds: SocketKind.Choice,
        canonicalName: String? = nil
    ) -> NumericAnswer {
        func entry(_ address: IPAddress, _ kind: SocketKind, _ name: String?) -> AddressInfo {
            AddressInfo(
                socketType: kind.socketType,
                protocolNumber: kind.protocolNumber,
                endpoint: Endpoint(address: address, port: port),
                canonicalName: name
            )
        }
        var entries: [AddressInfo]
        switch kinds {
        case .one(let kind):
            entries = [entry(first, kind, canonicalName)]
            if let second { entries.append(entry(second, kind, nil)) }
        case .usual:
            entries = SocketKind.usual.map { entry(first, $0, nil) }
            entries[0].canonicalName = canonicalName
            if let second { entries += SocketKind.usual.map { entry(second, $0, nil) } }
        }
        return .answered(entries)
    }

    private func holdsNUL(_ text: String?) -> Bool {
        text?.withUTF8Bytes { $0.contains(0) } ?? false
    }
}
