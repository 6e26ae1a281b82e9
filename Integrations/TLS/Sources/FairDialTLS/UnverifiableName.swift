// SPDX-License-Identifier: Apache-2.0

/// `ClientTLS.ServerName.named` with an address, or nothing, in place of a name.
struct UnverifiableName: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "\"\(name)\" is no server's name: a certificate is asked for an address only where that is what was dialed"
    }
}
