// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What may be dialed, decided by address: literals, legacy forms and answers of lookups alike.
///
/// A policy is asked when addresses become known, and again before each attempt, so that a name whose addresses change
/// between lookup and connect cannot slip through (DNS rebinding, server-side request forgery).
///
/// What the kernel connects to is checked beside what is written: `0.0.0.0` and `::` are dialed as `127.0.0.1` and
/// `::1`, or as the address that the socket is bound to.
///
/// An IPv4 address inside an IPv6 one is checked as well: each that it carries, or may carry
/// (`IPv6Address.embeddedIPv4Addresses`; `nat64Prefixes` for those of the network's own translator): a network that
/// allows the outer address says nothing about the inner one.
///
/// The outer address is checked in its own right too, unless it is only a way to the inner one (mapped, compatible,
/// translated, NAT64, 6to4, Teredo): then the inner one decides.
///
/// The networks come first: of those that contain an address the longest prefix decides, and of two with the same,
/// `denied`. A network of mapped addresses, `::ffff:10.0.0.0/104`, is the IPv4 network that it spells.
///
/// Of `0.0.0.0` and `::` what is reached must be in an allowed network, unless that is `0.0.0.0/32` or `::/128` itself.
/// After the networks `elsewhere` decides, then `isAllowed`.
///
/// Unix domain sockets have no address: for them `allowsPaths` alone decides.
@available(FairDial 0.1, *)
public struct AddressPolicy: Sendable {
    /// What holds for an address that is in none of the networks.
    public enum Elsewhere: Hashable, Sendable {
        /// It may be dialed.
        case allowed
        /// It may be dialed where it is globally reachable (`IPAddress.isGloballyReachable`): no loopback, no private
        /// networks, no link-local addresses, no multicast, no documentation, nothing that is not given out …
        case publicInternet
        /// It may not be dialed.
        case denied
    }

    /// Networks whose addresses may be dialed, whatever holds elsewhere.
    public var allowed: [IPNetwork] {
        didSet { rules = Self.rules(allowed, denied) }
    }

    /// Networks whose addresses may not be dialed.
    public var denied: [IPNetwork] {
        didSet { rules = Self.rules(allowed, denied) }
    }

    /// What holds for any other address.
    public var elsewhere: Elsewhere

    /// The prefixes of translators (NAT64) that this machine's network has beside the well-known one. Of an address
    /// behind one of them the IPv4 address that it carries is checked as well. `Dialer.nat64Prefixes()` asks the
    /// network for them (RFC 7050).
    public var nat64Prefixes: [NAT64Prefix]

    /// Whether Unix domain sockets may be dialed. Default no: a path reaches what listens on this machine alone, such
    /// as a container engine's socket. A policy that restricts nothing else lets them through even where this is
    /// `false`.
    public var allowsPaths: Bool

    /// Decides on what is in neither list of networks and `elsewhere` lets through; it must not block. `nil`, the
    /// default, for none.
    ///
    /// - `address`: the address, or another form of it: what the kernel reaches, or an IPv4 address that it carries.
    /// - `host`: as it was dialed, or the SRV target's name; `nil` where the policy is asked about an address alone.
    /// - `port`: `nil` where the policy is asked about an address alone.
    public var isAllowed: (@Sendable (_ address: IPAddress, _ host: String?, _ port: UInt16?) -> Bool)?

    /// Both kinds of networks, in a form in which thousands of them are searched fast.
    private var rules: NetworkRules

    /// A policy from its parts.
    public init(
        allowed: [IPNetwork] = [],
        denied: [IPNetwork] = [],
        elsewhere: Elsewhere = .allowed,
        nat64Prefixes: [NAT64Prefix] = [],
        allowsPaths: Bool = false,
        isAllowed: (@Sendable (_ address: IPAddress, _ host: String?, _ port: UInt16?) -> Bool)? = nil
    ) {
        self.allowed = allowed
        self.denied = denied
        self.elsewhere = elsewhere
        self.nat64Prefixes = nat64Prefixes
        self.allowsPaths = allowsPaths
        self.isAllowed = isAllowed
        rules = Self.rules(allowed, denied)
    }

    /// Anything may be dialed.
    public static let unrestricted = AddressPolicy(allowsPaths: true)

    /// Only what is reachable from the public internet: for programs that dial hosts which strangers have named.
    public static let publicInternetOnly = AddressPolicy(elsewhere: .publicInternet)

    /// Why an address may not be dialed, in one clause; `nil` where it may. The sockets are taken to be bound to
    /// nothing.
    ///
    /// - Parameters:
    ///   - address: what is to be dialed.
    ///   - host: for which host, which `isAllowed` is told; of a literal it is the literal, as in a dial.
    ///   - port: at which port, which `isAllowed` is told. Give it wherever there is one: what is told no port may
    ///     decide otherwise than it does of the dial.
    public func veto(of address: IPAddress, host: String? = nil, port: UInt16? = nil) -> String? {
        veto(of: address, from: .any, host: host, port: port)
    }

    /// Why the Unix domain socket at a path may not be dialed, in one clause; `nil` where it may.
    public func veto(ofPath path: String) -> String? {
        allowsPaths || isUnrestricted ? nil : "forbidden: the policy allows no Unix domain sockets"
    }

    /// Whether nothing is forbidden, paths aside.
    private var isUnrestricted: Bool {
        guard case .allowed = elsewhere else { return false }
        return denied.isEmpty && isAllowed == nil
    }
}

// MARK: - Judging an address

@available(FairDial 0.1, *)
extension AddressPolicy {
    /// Why an address may not be dialed from sockets that may be bound.
    func veto(
        of address: IPAddress,
        from origin: SocketOrigin,
        host: String? = nil,
        port: UInt16? = nil
    ) -> String? {
        if isUnrestricted { return nil }
        guard let reached = origin.reached(by: address) else {
            return "forbidden: a socket option decides what it reaches"
        }
        let carried: EmbeddedIPv4Addresses =
            switch address {
            case .v4: EmbeddedIPv4Addresses()
            case .v6(let bits, _): bits.embeddedIPv4Addresses(behind: nat64Prefixes)
            }
        let forms = Forms(written: address, reached: reached, carried: carried)
        if let reason = denial(of: forms) { return reason }
        return objection(to: forms, host: host, port: port)
    }

    /// What an address is and leads to.
    private struct Forms {
        let written: IPAddress
        /// What the kernel connects to.
        let reached: IPAddress
        let carried: EmbeddedIPv4Addresses

        /// What a carried address leads to in turn.
        func reached(by inner: IPv4Address) -> IPAddress {
            // A mapped address's own has been found already, with regard to what the sockets are bound to.
            if case .v6(let bits, _) = written, bits.mappedIPv4 == inner { return reached }
            return .v4(inner == .unspecified ? .loopback : inner)
        }
    }

    /// What a network that denies says to any form of the address.
    private func denial(of forms: Forms) -> String? {
        if case .denied(let network) = word(on: forms.written) { return "forbidden: in \(network)" }
        for inner in forms.carried {
            if case .denied(let network) = word(on: .v4(inner)) { return "forbidden: in \(network)" }
            let reached = forms.reached(by: inner)
            if case .denied(let network) = word(on: reached) {
                return "forbidden: it reaches \(reached), in \(network)"
            }
        }
        if case .denied(let network) = word(on: forms.reached) {
            return "forbidden: it reaches \(forms.reached), in \(network)"
        }
        return nil
    }

    /// What is said against those forms that count and that no network allows.
    private func objection(to forms: Forms, host: String?, port: UInt16?) -> String? {
        var isSettled = true
        if !forms.carried.areAllThatIsReached, !networksAllow(forms.written, reaching: forms.reached) {
            isSettled = false
            if let reason = objection(to: forms.written) { return reason }
            if forms.reached != forms.written, let reason = objection(to: forms.reached) { return reason }
        }
        for inner in forms.carried where !networksAllow(.v4(inner), reaching: forms.reached(by: inner)) {
            isSettled = false
            if let reason = objection(to: .v4(inner), in: forms.written) { return reason }
        }
        guard !isSettled, let isAllowed, !isEachForm(of: forms, { isAllowed($0, host, port) }) else { return nil }
        return "forbidden by the caller"
    }

    /// Whether a network allows an address, or, where the kernel takes another in its stead, that one.
    private func networksAllow(_ written: IPAddress, reaching reached: IPAddress) -> Bool {
        if case .allowed(let network) = word(on: written), written == reached || network.hasNothingBut(written) {
            return true
        }
        guard written != reached, case .allowed = word(on: reached) else { return false }
        return true
    }

    /// What `elsewhere` says.
    private func objection(to address: IPAddress, in outer: IPAddress? = nil) -> String? {
        switch elsewhere {
        case .allowed: return nil
        case .denied: return "forbidden: \(Self.carrying(address, in: outer, ", "))in no network that is allowed"
        case .publicInternet:
            if address.isGloballyReachable { return nil }
            let purpose =
                address.specialPurpose.map { Self.names[$0, default: $0.rawValue] } ?? "not assigned to anyone"
            return "forbidden: not of the public internet (\(Self.carrying(address, in: outer, ": "))\(purpose))"
        }
    }

    /// Asks the caller about each form that no network allows.
    private func isEachForm(of forms: Forms, _ isAllowed: (IPAddress) -> Bool) -> Bool {
        if !networksAllow(forms.written, reaching: forms.written), !isAllowed(forms.written) { return false }
        if forms.carried.isEmpty, forms.reached != forms.written, !isAllowed(forms.reached) { return false }
        for inner in forms.carried {
            let reached = forms.reached(by: inner)
            if networksAllow(.v4(inner), reaching: reached) { continue }
            guard isAllowed(.v4(inner)), reached == .v4(inner) || isAllowed(reached) else { return false }
        }
        return true
    }

    private static func carrying(_ inner: IPAddress, in outer: IPAddress?, _ separator: String) -> String {
        // A mapped address is only another spelling.
        if case .v6(let bits, _)? = outer, bits.mappedIPv4 == nil { "it carries \(inner)\(separator)" } else { "" }
    }

    /// Made once: a name may have a hundred thousand addresses that are forbidden.
    private static let names = Dictionary(uniqueKeysWithValues: SpecialPurpose.allCases.map { ($0, name(of: $0)) })

    /// `privateUse` as `private use`.
    private static func name(of purpose: SpecialPurpose) -> String {
        var name = ""
        var wasLowercase = false
        for letter in purpose.rawValue {
            if letter.isUppercase, wasLowercase { name += " " }
            wasLowercase = letter.isLowercase
            name += letter.lowercased()
        }
        return name
    }
}

// MARK: - Networks

@available(FairDial 0.1, *)
extension AddressPolicy {
    private enum Word {
        case allowed(IPNetwork)
        case denied(IPNetwork)
        case none
    }

    /// What the networks say about one form of an address.
    private func word(on address: IPAddress) -> Word {
        guard let rule = rules.rule(for: address) else { return .none }
        return rule.isDenied ? .denied(rule.network) : .allowed(rule.network)
    }

    private static func rules(_ allowed: [IPNetwork], _ denied: [IPNetwork]) -> NetworkRules {
        NetworkRules(allowed: allowed.map(\.unmapped), denied: denied.map(\.unmapped))
    }
}

@available(FairDial 0.1, *)
extension IPNetwork {
    /// The IPv4 network that a network of mapped addresses spells. `::ffff:0:0/96` stays what it is: it is in many a
    /// list of what is to be denied, where it means the form, and not all of IPv4.
    fileprivate var unmapped: IPNetwork {
        guard case .v6(let bits, _) = address, let mapped = bits.mappedIPv4, prefixLength > 96 else { return self }
        return IPNetwork(containing: .v4(mapped), prefixLength: prefixLength - 96) ?? self
    }

    /// Whether the network has this one address alone.
    fileprivate func hasNothingBut(_ address: IPAddress) -> Bool {
        prefixLength == (address.family == .ipv4 ? 32 : 128) && contains(address)
    }
}
