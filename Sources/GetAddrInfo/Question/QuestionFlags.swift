// SPDX-License-Identifier: Apache-2.0

/// `AI_…` flags as a set, by glibc's numbers; a dialect translates its own into these.
@available(FairDial 0.1, *)
struct QuestionFlags: OptionSet {
    let rawValue: Int32

    static let passive = QuestionFlags(rawValue: 0x1)
    static let canonicalName = QuestionFlags(rawValue: 0x2)
    static let numericHost = QuestionFlags(rawValue: 0x4)
    static let mapped = QuestionFlags(rawValue: 0x8)
    static let all = QuestionFlags(rawValue: 0x10)
    static let asConfigured = QuestionFlags(rawValue: 0x20)
    static let idn = QuestionFlags(rawValue: 0x40)
    static let canonicalIDN = QuestionFlags(rawValue: 0x80)
    /// AI_IDN_ALLOW_UNASSIGNED and AI_IDN_USE_STD3_ASCII_RULES: tolerated, without effect.
    static let deprecatedIDN = QuestionFlags(rawValue: 0x300)
    static let numericService = QuestionFlags(rawValue: 0x400)
    /// Darwin's AI_V4MAPPED_CFG and AI_UNUSABLE, whose effect depends on the machine.
    static let darwinsOwn = QuestionFlags(rawValue: 0x1000_0000)
}
