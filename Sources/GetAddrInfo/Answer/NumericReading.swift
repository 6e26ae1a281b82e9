// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// One question read as one C library reads it, without the call.
///
/// The order of the checks is glibc's: it decides which of two errors is told.
@available(FairDial 0.1, *)
struct NumericReading {
    /// The families that an answer may have.
    private enum Family {
        case any
        case ipv4
        case ipv6
    }

    /// Why the reading ends early.
    private enum Ending: Error {
        case failed(Int32)
        case refused(LegacyForm)
        case needsLookup
    }

    /// A kind of socket and the port that the service has for it.
    private typealias Place = (kind: SocketKind, port: UInt16)

    private let dialect: Dialect
    private let hints: AddressInfoHints
    private let strictness: Strictness

    init(dialect: Dialect, hints: AddressInfoHints, strictness: Strictness) {
        self.dialect = dialect
        self.hints = hints
        self.strictness = strictness
    }

    /// - Parameter facts: evaluated only where the answer depends on them.
    func answer(
        host: UnsafeBufferPointer<UInt8>?,
        service: UnsafeBufferPointer<UInt8>?,
        knowing facts: () -> LocalFacts
    ) -> NumericAnswer {
        do {
            return .answered(try entries(host, service, facts))
        } catch .failed(let number) {
            return .failed(AddressInfoError(code: number))
        } catch .refused(let form) {
            return .refused(form)
        } catch {
            return .needsLookup
        }
    }

    private func entries(
        _ host: UnsafeBufferPointer<UInt8>?,
        _ service: UnsafeBufferPointer<UInt8>?,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> AddressInfoList {
        // The rest of such a text cannot reach the call.
        if host?.contains(0) == true { throw .failed(dialect.errors.noName) }
        if service?.contains(0) == true { throw .failed(dialect.errors.service) }
        let host = isNull(host) ? nil : host
        let service = isNull(service) ? nil : service
        if host == nil, service == nil { throw .failed(dialect.errors.noName) }
        let flags = try self.flags(hasHost: host != nil)
        var family = try self.family()
        if flags.contains(.asConfigured) { family = try narrowed(family, facts) }

        let places = try self.places(of: service, flags, facts)
        let (first, second) = try addresses(of: host, family, flags, facts)
        let name = canonicalName(host, flags)
        if places.count == 1, second == nil {
            return AddressInfoList(Self.entry(first, places[0]), canonicalName: name)
        }
        let entries =
            places.map { Self.entry(first, $0) }
            + (second.map { second in places.map { Self.entry(second, $0) } } ?? [])
        return AddressInfoList(entries, canonicalName: name)
    }

    private func isNull(_ text: UnsafeBufferPointer<UInt8>?) -> Bool {
        guard let text else { return true }
        return switch dialect.null {
        case .asterisk: text.count == 1 && text[0] == UInt8(ascii: "*")
        case .empty: text.isEmpty
        }
    }

    private static func entry(_ address: IPAddress, _ place: Place) -> AddressInfo {
        AddressInfo(
            socketType: place.kind.socketType,
            protocolNumber: place.kind.protocolNumber,
            endpoint: Endpoint(address: address, port: place.port)
        )
    }
}

// MARK: - The hints

@available(FairDial 0.1, *)
extension NumericReading {
    private func flags(hasHost: Bool) throws(Ending) -> QuestionFlags {
        var flags: QuestionFlags = []
        var unread = hints.flags
        for flag in dialect.flags where hints.flags & flag.number != 0 {
            flags.insert(flag.meaning)
            unread &= ~flag.number
        }
        if unread != 0 { throw .failed(dialect.errors.badFlags) }
        if !hasHost, flags.contains(.canonicalName), case .echoed = dialect.canonicalName {
            throw .failed(dialect.errors.badFlags)
        }
        if flags.contains(.darwinsOwn) { throw .needsLookup }
        return flags
    }

    private func family() throws(Ending) -> Family {
        let (unspecified, ipv4): (Int32, Int32) = (0, 2)
        switch hints.family {
        case unspecified: return .any
        case ipv4: return .ipv4
        case dialect.ipv6Family: return .ipv6
        default: throw .failed(dialect.errors.family)
        }
    }

    /// The family that is left where the machine has addresses of one alone: that counts even before a literal is read.
    private func narrowed(_ family: Family, _ facts: () -> LocalFacts) throws(Ending) -> Family {
        guard let interfaces = facts().interfaces(), case .asterisk = dialect.null else { throw .needsLookup }
        switch family {
        case .any where interfaces.hasIPv4 != interfaces.hasIPv6: return interfaces.hasIPv4 ? .ipv4 : .ipv6
        case .ipv4 where !interfaces.hasIPv4, .ipv6 where !interfaces.hasIPv6: throw .failed(dialect.errors.noName)
        default: return family
        }
    }
}

// MARK: - The service

@available(FairDial 0.1, *)
extension NumericReading {
    private func places(
        of service: UnsafeBufferPointer<UInt8>?,
        _ flags: QuestionFlags,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> [Place] {
        let number = NumericService(service)
        if number == .name, flags.contains(.numericService) { throw .failed(dialect.errors.noName) }
        let kinds = try self.kinds(hasService: number != .none)
        if strictness == .strict, let service, !service.isEmpty, PlainQuestion.plainPort(service) == nil {
            throw .refused(.service)
        }
        switch number {
        case .none: return (kinds ?? dialect.usual).map { ($0, 0) }
        case .name: return try places(named: service, kinds, facts)
        case .number(let number, let isNegative):
            switch dialect.ports {
            case .wrapped:
                let int = Int32(truncatingIfNeeded: number)
                // glibc takes it for a name.
                if int < 0 { return try places(named: service, kinds, facts) }
                return (kinds ?? dialect.usual).map { ($0, UInt16(truncatingIfNeeded: int)) }
            case .ranged:
                guard !isNegative || number == 0, let port = UInt16(exactly: number) else {
                    throw .failed(dialect.errors.noName)
                }
                return (kinds ?? dialect.usual).map { ($0, port) }
            }
        }
    }

    /// The kind that type and protocol choose; `nil` for the usual ones.
    private func kinds(hasService: Bool) throws(Ending) -> [SocketKind]? {
        let (type, number) = (hints.socketType, hints.protocolNumber)
        if type == 0, number == 0 { return nil }
        for kind in dialect.known
        where (type == 0 || type == kind.socketType) && (number == 0 || number == kind.protocolNumber) {
            return [kind]
        }
        let mayBeRaw = type == 0 || type == SocketType.raw
        switch dialect.raw {
        case .unknown:
            if mayBeRaw { throw .needsLookup }
            throw .failed(dialect.errors.mismatch)
        case .anyProtocol:
            if !mayBeRaw { throw .failed(dialect.errors.mismatch) }
            if hasService { throw .failed(dialect.errors.service) }
            // One that does not exist included.
            return [.raw(number)]
        }
    }

    /// The kinds that the services file has the name for: of the usual ones all that are known, raw never.
    private func places(
        named service: UnsafeBufferPointer<UInt8>?,
        _ kinds: [SocketKind]?,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> [Place] {
        guard let service, let services = facts().services(), case .asterisk = dialect.null else { throw .needsLookup }
        let places: [Place] = (kinds ?? dialect.known).compactMap { kind in
            services.port(of: service, over: kind.protocolName).map { (kind, $0) }
        }
        if places.isEmpty { throw .failed(dialect.errors.service) }
        return places
    }
}

// MARK: - The host

@available(FairDial 0.1, *)
extension NumericReading {
    private func addresses(
        of host: UnsafeBufferPointer<UInt8>?,
        _ family: Family,
        _ flags: QuestionFlags,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> (IPAddress, IPAddress?) {
        guard let host else { return try ownAddresses(family, flags, facts) }
        // The text is turned into an ASCII name first, and full-width digits into digits by that.
        if flags.contains(.idn), !host.allSatisfy({ $0 < 0x80 }) { throw .needsLookup }
        // A library that may or may not be installed would turn A-labels in the echoed text back, and leaves all else
        // as it is.
        if flags.isSuperset(of: [.canonicalName, .canonicalIDN]), Self.mayHaveALabel(host) { throw .needsLookup }
        switch HostShape(host) {
        case .ipv4(let ipv4):
            return (try address(of: ipv4, family, flags), nil)
        case .legacyIPv4(let ipv4):
            if strictness == .strict { throw .refused(.host(ipv4)) }
            guard case .read = dialect.legacyIPv4 else { throw .needsLookup }
            return (try address(of: ipv4, family, flags), nil)
        case .ipv6:
            guard let ipv6 = try? ZonedIPv6(host) else { throw notAnAddress(flags) }
            return (try address(of: ipv6, family, flags, facts), nil)
        case .empty:
            throw .failed(dialect.errors.noName)
        case .ipv4WithZone, .name:
            throw notAnAddress(flags)
        }
    }

    /// Whether `xn--` stands somewhere, as it may in the name of a zone.
    private static func mayHaveALabel(_ host: UnsafeBufferPointer<UInt8>) -> Bool {
        let prefix = Array("xn--".utf8)
        return host.indices.dropLast(prefix.count - 1).contains { start in
            prefix.indices.allSatisfy { host[start + $0] | 0x20 == prefix[$0] | 0x20 }
        }
    }

    /// Even what is no valid name elsewhere is looked up: a hosts file may hold any name.
    private func notAnAddress(_ flags: QuestionFlags) -> Ending {
        flags.contains(.numericHost) ? .failed(dialect.errors.noName) : .needsLookup
    }

    private func address(of ipv4: IPv4Address, _ family: Family, _ flags: QuestionFlags) throws(Ending) -> IPAddress {
        if dialect.translatesIPv4, !flags.contains(.numericHost), Self.mayBeTranslated(ipv4) { throw .needsLookup }
        guard family == .ipv6 else { return .v4(ipv4) }
        guard flags.contains(.mapped) else { throw .failed(dialect.errors.literalOfOtherFamily) }
        guard !dialect.translatesIPv4 else { throw .needsLookup }
        return .v6(IPv6Address(mapping: ipv4), zone: nil)
    }

    /// Whether a NAT64 network may put an IPv6 address in the place of an IPv4 one: of any but loopback, link-local and
    /// multicast.
    private static func mayBeTranslated(_ ipv4: IPv4Address) -> Bool {
        ipv4.bits >> 24 != 127 && ipv4.bits >> 16 != 0xA9FE && ipv4.bits >> 28 != 0xE
    }

    private func address(
        of host: ZonedIPv6,
        _ family: Family,
        _ flags: QuestionFlags,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> IPAddress {
        let ipv6 = host.address
        guard family == .ipv4 else {
            let index = try scope(host.zone, of: ipv6, facts)
            return .v6(ipv6, zone: index == 0 ? nil : .index(index))
        }
        guard let mapped = ipv6.mappedIPv4 else { throw .failed(dialect.errors.literalOfOtherFamily) }
        guard case .namedOnLinksOnly = dialect.zones else { throw .needsLookup }
        // glibc has put the IPv4 address into the first bytes of the IPv6 one when it reads the zone, and checks that:
        // so 254.128.0.0/10 counts as link-local.
        _ = try scope(host.zone, of: IPv6Address(high: UInt64(mapped.bits) << 32, low: ipv6.low), facts)
        return .v4(mapped)
    }

    private func scope(
        _ zone: UnsafeBufferPointer<UInt8>?,
        of address: IPv6Address,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> UInt32 {
        guard let zone else { return 0 }
        let mayBeNamed: Bool
        switch dialect.zones {
        case .namedOnLinksOnly: mayBeNamed = address.isScopedToLink
        case .namedAnywhere:
            // Digits with something behind them, and numbers that no `int` holds, are beyond what we know.
            let digits = zone.prefix { $0 &- UInt8(ascii: "0") < 10 }.count
            if zone.isEmpty || digits > 0 && (digits != zone.count || digits > 9) { throw .needsLookup }
            mayBeNamed = true
        }
        do {
            return try ScopeID(zone, mayBeNamed: mayBeNamed) { facts().interfaces() }.index
        } catch .interfacesUnavailable {
            throw .needsLookup
        } catch .unknownInterface where isSilentAboutUnknownZones {
            return 0
        } catch {
            throw .failed(dialect.errors.noName)
        }
    }

    private var isSilentAboutUnknownZones: Bool {
        if case .namedAnywhere = dialect.zones { true } else { false }
    }

    /// The addresses for no host: loopback, or everything when the socket is to listen.
    ///
    /// glibc sorts them as it sorts any others (RFC 6724): an address that cannot be reached comes last; otherwise the
    /// loopback addresses stand by precedence, and the unspecified ones by the label of the source address, which for
    /// `::` is another one.
    private func ownAddresses(
        _ family: Family,
        _ flags: QuestionFlags,
        _ facts: () -> LocalFacts
    ) throws(Ending) -> (IPAddress, IPAddress?) {
        let isPassive = flags.contains(.passive)
        let ipv4 = IPAddress.v4(isPassive ? .unspecified : .loopback)
        let ipv6 = IPAddress.v6(isPassive ? .unspecified : .loopback, zone: nil)
        switch family {
        case .ipv4: return (ipv4, nil)
        case .ipv6: return (ipv6, nil)
        case .any: break
        }
        guard dialect.ordersOwnAddresses else { throw .needsLookup }
        let interfaces = facts().interfaces()
        let hasIPv4 = interfaces?.hasLoopbackIPv4 ?? true
        let hasIPv6 = interfaces?.hasLoopbackIPv6 ?? true
        let isIPv4First = isPassive ? hasIPv4 : hasIPv4 && !hasIPv6
        return isIPv4First ? (ipv4, ipv6) : (ipv6, ipv4)
    }

    private func canonicalName(_ host: UnsafeBufferPointer<UInt8>?, _ flags: QuestionFlags) -> String? {
        guard flags.contains(.canonicalName) else { return nil }
        return switch dialect.canonicalName {
        case .echoed: host.map { String(decoding: $0, as: UTF8.self) }
        case .onlyForNull(let name): host == nil ? name : nil
        }
    }
}
