// SPDX-License-Identifier: Apache-2.0

/// An option's value, read and found good.
enum OptionValue: Sendable, Hashable {
    case bool(Bool)
    case number(Int)
    case text(String)
    case words([String])
    case secret(Secret)
    case tags([[String: String]])
    case properties([String: Secret])
}
