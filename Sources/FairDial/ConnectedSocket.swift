// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing

/// A connected, non-blocking socket. Whoever receives it closes it.
public struct ConnectedSocket: Sendable {
    /// The descriptor; non-blocking and close-on-exec.
    public let descriptor: CInt

    /// Where it goes.
    public let destination: Destination

    /// The service binding that the destination belongs to, where `DialOptions.bindings` asked for some; `nil` for an address of the
    /// host itself.
    public var binding: ServiceBinding? { winningBinding?.binding }

    let winningBinding: WinningBinding?

    /// Where the time went, and what every attempt said.
    public let splits: Splits
}
