// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing

/// What a dial brought: the caller's own value, made on the winner alone, and where the time went.
public struct Connection<Output: Sendable>: Sendable {
    /// What the channel initializer returned, or the channel itself.
    public let output: Output

    /// Where the connection goes.
    public let destination: Destination

    /// The service binding that the destination belongs to, where `DialOptions.bindings` asked for some; `nil` for an address of the
    /// host itself.
    public var binding: ServiceBinding? { winningBinding?.binding }

    let winningBinding: WinningBinding?

    /// Where the time went, and what every attempt said.
    public let splits: Splits
}
