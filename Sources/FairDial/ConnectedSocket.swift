// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing

/// A connected, non-blocking socket. Whoever receives it closes it.
public struct ConnectedSocket: Sendable {
    /// The descriptor; non-blocking and close-on-exec.
    public let descriptor: CInt

    /// Where it goes.
    public let destination: Destination

    /// Where the time went, and what every attempt said.
    public let splits: Splits
}
