// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What is looked up: a name and the families wanted; not the port, so that two ports share one lookup, but where
/// service bindings are wanted that belong to one.
///
/// Two questions are equal when their names are one in DNS (RFC 4343, RFC 5890) and they want the same families and
/// bindings.
@available(FairDial 0.1, *)
public struct LookupQuestion: Hashable, Sendable {
    /// A name as written: its case does not matter, nor does which of two spellings of one name in DNS it is.
    private struct Spelling: Hashable, Sendable {
        let text: String

        static func == (left: Spelling, right: Spelling) -> Bool { true }

        func hash(into hasher: inout Hasher) {}
    }

    /// A name as it goes over the wire, compared by its bytes. Names that Unicode alone takes for equal have the same
    /// hash.
    private struct Key: Hashable, Sendable {
        let text: String

        static func == (left: Key, right: Key) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
    }

    private let spelling: Spelling
    private let wireKey: Key

    /// The families wanted; not empty.
    public let families: AddressFamilies

    /// The service bindings wanted beside the addresses, those of HTTP with their port; `nil` for none.
    public let service: BindingQuestion?

    /// A question for a name's addresses, and for service bindings where they are wanted.
    public init(name: String, families: AddressFamilies = .both, service: BindingQuestion? = nil) {
        spelling = Spelling(text: name)
        wireKey = Key(text: InternationalName.key(of: name))
        self.families = families
        self.service = service
    }

    /// The name as the caller wrote it.
    public var name: String { spelling.text }

    /// The name as it goes over the wire, in lower case, by which questions are compared: `xn--mnchen-3ya.de` for
    /// `München.de`. A name that has no form on the wire is compared as it is.
    package var key: String { wireKey.text }

    /// The name as a hosts file may have it besides; `nil` where that is the key.
    package var otherSpelling: String? {
        // Mostly the two are one string, which is told without a look at its bytes.
        if name == key { return nil }
        let spelling = name.asciiLowercased
        return spelling.utf8.elementsEqual(key.utf8) ? nil : spelling
    }
}
