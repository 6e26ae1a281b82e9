// SPDX-License-Identifier: Apache-2.0

/// Which of the rules are held against the resolver that concern the plain form: the question as the C library asks it.
struct PacketRules: Hashable, Sendable {
    /// Nothing but addresses is believed before the plain form was asked of the server, save for the two exemptions.
    var confirmsNegatives: Bool
    /// A message that cannot be used is no "no".
    var distrustsUnusable: Bool
    /// What the C library finds is found.
    var findsWhatGetaddrinfoFinds: Bool
    /// The plain form goes out once per question and server, from a port of its own, and never over UDP once four
    /// datagrams that do not match have come for the question.
    var boundsPlainForm: Bool

    /// What holds today.
    static let current = PacketRules(
        confirmsNegatives: true,
        distrustsUnusable: true,
        findsWhatGetaddrinfoFinds: true,
        boundsPlainForm: true
    )
}
