// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Why a lookup has no answer.
@available(FairDial 0.1, *)
public struct ResolutionError: Error, Hashable, Sendable {
    /// The kinds of failure; "does not exist", "try again" and "could not ask" are never the same.
    @nonexhaustive
    public enum Kind: String, Hashable, Sendable {
        /// The name does not exist, or has no address in any family asked for.
        case nameNotFound
        /// The name service failed or answered SERVFAIL or REFUSED: a retry may help.
        case temporaryFailure
        /// The name service failed for good, or in a way that it does not explain.
        case failed
        /// The text cannot be a host's name: too long, an empty label, a character that no host's name has, no A-label
        /// … No server has been asked; the C library says `EAI_NONAME` to such a text, as it does to a name that does
        /// not exist.
        case invalidName
        /// Too many names are waiting already.
        case queueFull
        /// The caller does not wait for the answer any more.
        case cancelled
        /// The machine has no thread left to ask with.
        case noThread
        /// The machine has no descriptor left to ask with.
        case noDescriptor
    }

    /// Whether this machine had nothing to ask with, so that the same may be asked again when it has.
    package var isShortage: Bool { kind == .noDescriptor || kind == .noThread }

    /// What kind of failure it is.
    public var kind: Kind

    /// One clause for a person: what was asked and what came back, without a final stop. Of `getaddrinfo`'s
    /// failures it ends with the platform's `EAI_` code.
    public var message: String

    /// The platform's `EAI_` code, where `getaddrinfo` said so; else `nil`.
    package var systemCode: Int32?

    /// An error from its parts; what is not printable in the message becomes an escape.
    public init(_ kind: Kind, _ message: String, systemCode: Int32? = nil) {
        self.kind = kind
        self.message = message.printable
        self.systemCode = systemCode
    }
}
