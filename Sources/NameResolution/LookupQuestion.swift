// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What is looked up: a name and the families wanted; not the port, so that two ports share one look-up, but where service bindings
/// are wanted that belong to one.
///
/// Two questions are equal when their names differ only in ASCII case (RFC 4343) and they want the same families and bindings.
public struct LookupQuestion: Hashable, Sendable {
    /// The name as the caller wrote it.
    public let name: String

    /// The families wanted; not empty.
    public let families: AddressFamilies

    /// The service bindings wanted beside the addresses; `nil` for none.
    public let service: ServiceQuestion?

    /// The name in lower case, by which questions are compared.
    public let key: String

    /// A question for a name's addresses, and for service bindings where they are wanted.
    public init(name: String, families: AddressFamilies = .both, service: ServiceQuestion? = nil) {
        self.name = name
        self.families = families
        self.service = service
        self.key = name.asciiLowercased
    }

    /// Equality of meaning: the name's case does not matter, and two spellings of one character are two names.
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
