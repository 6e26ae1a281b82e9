// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What may be dialed, judged by address: literals, legacy forms and answers of look-ups alike.
///
/// A policy is asked when addresses become known, and again before each attempt, so that a name that changes its mind between
/// look-up and connect cannot slip through (DNS rebinding, server-side request forgery). Of an address that carries an IPv4 one
/// (mapped, NAT64, 6to4, Teredo, compatible) networks and `isAllowed` judge both, and `publicInternet` what it carries. Unix
/// domain sockets are not judged.
///
/// What the kernel connects to is judged beside what is written: `0.0.0.0` and `::` are dialed as `127.0.0.1` and
/// `::1`, or as the address that the socket is bound to, and a mapped address goes out by IPv4. A network that is
/// allowed lets such an address through where it contains what is reached, or names nothing but what is written
/// (`0.0.0.0/32`, `::ffff:10.0.0.0/104`).
///
/// The networks come first: of those that contain the address the longest prefix decides, and of two with the same, `denied`.
/// Then `elsewhere`, then `isAllowed`.
public struct AddressPolicy: Sendable {
    /// What holds for an address that is in none of the networks.
    public enum Elsewhere: Hashable, Sendable {
        /// It may be dialed.
        case allowed
        /// It may be dialed unless a special-purpose registry lists it (RFC 6890): no loopback, no private networks, no
        /// link-local addresses, no multicast, no documentation, …
        case publicInternet
        /// It may not be dialed.
        case denied
    }

    /// Networks whose addresses may be dialed, whatever holds elsewhere.
    public var allowed: [IPNetwork]

    /// Networks whose addresses may not be dialed.
    public var denied: [IPNetwork]

    /// What holds for any other address.
    public var elsewhere: Elsewhere

    /// The last word on what neither network has; it must not block. `nil` for none.
    public var isAllowed: (@Sendable (IPAddress) -> Bool)?

    /// A policy from its parts.
    public init(
        allowed: [IPNetwork] = [],
        denied: [IPNetwork] = [],
        elsewhere: Elsewhere = .allowed,
        isAllowed: (@Sendable (IPAddress) -> Bool)? = nil
    ) {
        self.allowed = allowed
        self.denied = denied
        self.elsewhere = elsewhere
        self.isAllowed = isAllowed
    }

    /// Anything may be dialed.
    public static let unrestricted = AddressPolicy()

    /// Only what a public network can reach, for whoever dials hosts that strangers have named.
    public static let publicInternetOnly = AddressPolicy(elsewhere: .publicInternet)

    /// Why an address may not be dialed, in one clause; `nil` where it may. The sockets are taken to be bound to
    /// nothing.
    public func veto(of address: IPAddress) -> String? { veto(of: address, from: .any) }

    /// The same for sockets that may be bound.
    func veto(of address: IPAddress, from origin: SocketOrigin) -> String? {
        guard let reached = origin.reached(by: address) else {
            return isUnrestricted ? nil : "forbidden: a socket option decides what it reaches"
        }
        let carried = address.embeddedIPv4.map(IPAddress.v4)
        var forms = [address]
        for form in [carried, reached, carried.flatMap(SocketOrigin.any.reached(by:))] {
            if let form, !forms.contains(form) { forms.append(form) }
        }
        let words = forms.map(word)
        for (form, word) in zip(forms, words) {
            guard case .denied(let network) = word else { continue }
            return form == address || form == carried
                ? "forbidden: in \(network)" : "forbidden: it reaches \(form), in \(network)"
        }
        for (form, word) in zip(forms, words) {
            guard case .allowed(let network) = word else { continue }
            if form != address || reached == address || network.namesOnlyWritten(address) { return nil }
        }
        switch elsewhere {
        case .allowed: break
        case .denied: return "forbidden: in no network that is allowed"
        case .publicInternet:
            // What is really reached is what the address carries.
            if let purpose = (carried ?? address).specialPurpose {
                return "forbidden: not of the public internet (\(Self.name(of: purpose)))"
            }
        }
        if let isAllowed, !forms.allSatisfy(isAllowed) { return "forbidden by the caller" }
        return nil
    }

    private var isUnrestricted: Bool {
        guard case .allowed = elsewhere else { return false }
        return denied.isEmpty && isAllowed == nil
    }

    private enum Word {
        case allowed(IPNetwork)
        case denied(IPNetwork)
        case none
    }

    /// What the networks say about one form of an address.
    private func word(on address: IPAddress) -> Word {
        let deniedBy = denied.filter { $0.contains(address) }.max { $0.prefixLength < $1.prefixLength }
        let allowedBy = allowed.filter { $0.contains(address) }.max { $0.prefixLength < $1.prefixLength }
        switch (deniedBy, allowedBy) {
        case (let denied?, let allowed?) where allowed.prefixLength <= denied.prefixLength: return .denied(denied)
        case (let denied?, nil): return .denied(denied)
        case (_, let allowed?): return .allowed(allowed)
        case (nil, nil): return .none
        }
    }

    /// `privateUse` as `private use`.
    private static func name(of purpose: SpecialPurpose) -> String {
        "\(purpose)".reduce(into: "") { name, letter in
            if letter.isUppercase { name += " " }
            name += letter.lowercased()
        }
    }
}

extension IPNetwork {
    /// Whether everything in the network is written as an address is that reaches another one: unspecified, or mapped.
    fileprivate func namesOnlyWritten(_ address: IPAddress) -> Bool {
        if address.isUnspecified { return prefixLength == (address.family == .ipv4 ? 32 : 128) }
        return address.embeddedIPv4 != nil && prefixLength >= 96
    }
}
