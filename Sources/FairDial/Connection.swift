// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing

/// What a dial brought: the caller's own value, made on the winner alone, and where the time went.
public struct Connection<Output: Sendable>: Sendable {
    /// What the channel initializer returned, or the channel itself.
    public let output: Output

    /// Where the connection goes.
    public let destination: Destination

    /// Where the time went, and what every attempt said.
    public let splits: Splits
}
