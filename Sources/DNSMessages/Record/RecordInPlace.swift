// SPDX-License-Identifier: Apache-2.0

/// A record where it stands in its message: what is fixed has been read, name and data have not.
@available(FairDial 0.1, *)
public struct RecordInPlace: Hashable, Sendable {
    /// The section it stands in.
    public let section: MessageReader.Section
    /// Where its name begins, in bytes from the message's start.
    public let start: Int
    /// Its type.
    public let type: RecordType
    /// Its class; in an OPT record, the sender's largest UDP payload (RFC 6891 §6.1.2).
    public let recordClass: RecordClass
    /// How long it may be kept, in seconds; in an OPT record, more of the response code, a version and flags.
    public let timeToLive: UInt32
    /// Where its data stand in the message.
    public let data: Range<Int>
}
