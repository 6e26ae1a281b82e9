// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What may be dialed, judged by address: literals, legacy forms and answers of look-ups alike.
///
/// A policy is asked when addresses become known, and again before each attempt, so that a name that changes its mind between
/// look-up and connect cannot slip through (DNS rebinding, server-side request forgery). Of an address that carries an IPv4 one
/// (mapped, NAT64, 6to4, Teredo, compatible) networks and `isAllowed` judge both, and `publicInternet` what it carries. Unix
/// domain sockets are not judged.
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

    /// Why an address may not be dialed, in one clause; `nil` where it may.
    public func veto(of address: IPAddress) -> String? {
        let embedded = address.embeddedIPv4.map(IPAddress.v4)
        let forms = [address] + (embedded.map { [$0] } ?? [])
        let words = forms.map(word)
        for case .denied(let network) in words { return "forbidden: in \(network)" }
        for case .allowed in words { return nil }
        switch elsewhere {
        case .allowed: break
        case .denied: return "forbidden: in no network that is allowed"
        case .publicInternet:
            // What is really reached is what the address carries.
            if let purpose = (embedded ?? address).specialPurpose {
                return "forbidden: not of the public internet (\(Self.name(of: purpose)))"
            }
        }
        if let isAllowed, !forms.allSatisfy(isAllowed) { return "forbidden by the caller" }
        return nil
    }

    private enum Word {
        case allowed
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
        case (_, _?): return .allowed
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
