// SPDX-License-Identifier: Apache-2.0

/// There is no name that a certificate could be verified for: `ClientTLS.ServerName.named` has an address, or nothing,
/// in place of one, or a path was dialed without one.
struct UnverifiableName: Error, CustomStringConvertible {
    /// `nil` for a path.
    let name: String?

    var description: String {
        guard let name else {
            return "a path has no name that a certificate could be for: set `serverName` to `.named`"
        }
        return
            "\"\(name)\" is no server's name: a certificate is asked for an address only where that is what was dialed"
    }
}
