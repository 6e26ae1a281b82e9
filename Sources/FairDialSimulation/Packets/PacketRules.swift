// SPDX-License-Identifier: Apache-2.0

/// Which of the rules are held against the resolver that concern the plain form: the question as the C library asks it.
struct PacketRules: Hashable, Sendable {
    /// Nothing but addresses is believed before the plain form was asked of the server, save for the two exemptions.
    var confirmsNegatives: Bool
    /// A message that cannot be used is no "no".
    var distrustsUnusable: Bool
    /// What the C library finds is found.
    var findsWhatGetaddrinfoFinds: Bool
    /// The plain form goes out once per question and server, and once more byte for byte, from a port that the question
    /// has not used.
    var boundsPlainForm: Bool
    /// It never goes out over UDP once four datagrams that do not match have come for the question.
    var hidesPlainFormFromForgers: Bool

    /// What is held against every run.
    static let current = PacketRules(
        confirmsNegatives: true,
        distrustsUnusable: true,
        findsWhatGetaddrinfoFinds: false,
        boundsPlainForm: true,
        hidesPlainFormFromForgers: true
    )
}
