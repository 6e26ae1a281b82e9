// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What is looked up: a name and the families wanted; not the port, so that two ports share one lookup, but where
/// service bindings are wanted that belong to one.
///
/// Two questions are equal when their names are one in DNS (RFC 4343, RFC 5890) and they want the same families and
/// bindings.
@available(FairDial 0.1, *)
public struct LookupQuestion: Hashable, Sendable {
    /// The name as the caller wrote it.
    public let name: String

    /// The families wanted; not empty.
    public let families: AddressFamilies

    /// The service bindings wanted beside the addresses; `nil` for none.
    public let service: BindingQuestion?

    /// The name as it goes over the wire, in lower case, by which questions are compared: `xn--mnchen-3ya.de` for
    /// `München.de`. A name that has no form on the wire is compared as it is.
    package let key: String

    /// A question for a name's addresses, and for service bindings where they are wanted.
    public init(name: String, families: AddressFamilies = .both, service: BindingQuestion? = nil) {
        self.name = name
        self.families = families
        self.service = service
        self.key = InternationalName.key(of: name)
    }

    /// The name as a hosts file may have it besides; `nil` where that is the key.
    package var otherSpelling: String? {
        // Mostly the two are one string, which is told without a look at its bytes.
        if name == key { return nil }
        let spelling = name.asciiLowercased
        return spelling.utf8.elementsEqual(key.utf8) ? nil : spelling
    }

    /// Equality of meaning: the name's case does not matter, nor do two spellings of what is one name in DNS.
    public static func == (left: LookupQuestion, right: LookupQuestion) -> Bool {
        left.families == right.families && left.service == right.service
            && left.key.utf8.elementsEqual(right.key.utf8)
    }

    /// Hashes what `==` compares; names that Unicode alone takes for equal have the same hash.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(families)
        if let service { hasher.combine(service) }
        hasher.combine(key)
    }
}
