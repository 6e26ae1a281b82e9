// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NameResolution

/// One line of the live view: who is stuck in `getaddrinfo`, on which name, for how long.
@available(FairDial 0.1, *)
public struct SystemLookup: Hashable, Sendable {
    /// Where a lookup is.
    public enum Stage: String, Hashable, Sendable {
        /// In the queue for a slot.
        case waiting
        /// In a call of `getaddrinfo`, which cannot be cancelled.
        case inside
    }

    /// The name, as it was asked.
    public let name: String

    /// The families asked for.
    public let families: AddressFamilies

    /// On whose behalf it was asked first.
    public let fairnessKey: FairnessKey

    /// Whether it waits or is inside.
    public let stage: Stage

    /// How long it has been there.
    public let age: Duration

    /// Whether no caller waits for it any more.
    public let isAbandoned: Bool

    /// Whether a second call, for IPv4 alone, is in flight for it.
    public let hasSecondCall: Bool
}
