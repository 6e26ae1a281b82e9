// SPDX-License-Identifier: Apache-2.0

/// Names that DNS does not have, whatever its servers would say (RFC 6761): asking for one tells a stranger of it.
@available(FairDial 0.1, *)
package enum SpecialUseName {
    /// Why no DNS server is to be asked for a name, as a clause for a person; `nil` where one may be.
    ///
    /// - Parameter key: the name in lower case, with or without a final dot.
    package static func reasonNotToAsk(for key: String) -> String? {
        let name = key.hasSuffix(".") ? String(key.dropLast()) : key
        func isWithin(_ domain: String) -> Bool { name == domain || name.hasSuffix("." + domain) }
        if isWithin("onion") { return ".onion names are not in DNS (RFC 7686 §2)" }
        if isWithin("invalid") { return ".invalid names do not exist (RFC 6761 §6.4)" }
        return nil
    }
}
