// SPDX-License-Identifier: Apache-2.0

/// The `EAI_` numbers that one C library gives for each thing that can be wrong with a question.
@available(FairDial 0.1, *)
struct ErrorNumbers: Sendable {
    /// No such host or service, or neither given.
    var noName: Int32
    /// No such service for the socket type.
    var service: Int32
    /// A family that the call does not know.
    var family: Int32
    /// A literal of another family than the one asked for.
    var literalOfOtherFamily: Int32
    /// A socket type and a protocol that are unknown or do not go together.
    var mismatch: Int32
    /// Flags that are unknown or do not go with the rest.
    var badFlags: Int32
}
