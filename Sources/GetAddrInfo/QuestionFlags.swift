// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `AI_…` flags as a set.
struct QuestionFlags: OptionSet {
    let rawValue: Int32

    static let passive = QuestionFlags(rawValue: AI_PASSIVE)
    static let canonicalName = QuestionFlags(rawValue: AI_CANONNAME)
    static let numericHost = QuestionFlags(rawValue: AI_NUMERICHOST)
    static let numericService = QuestionFlags(rawValue: AI_NUMERICSERV)
    static let mapped = QuestionFlags(rawValue: AI_V4MAPPED)
    static let all = QuestionFlags(rawValue: AI_ALL)
    static let asConfigured = QuestionFlags(rawValue: AI_ADDRCONFIG)

    // glibc has these behind _GNU_SOURCE, which Swift's module does not set.
    static let idn = QuestionFlags(rawValue: 0x40)
    static let canonicalIDN = QuestionFlags(rawValue: 0x80)
    /// AI_IDN_ALLOW_UNASSIGNED and AI_IDN_USE_STD3_ASCII_RULES: tolerated, without effect.
    static let deprecatedIDN = QuestionFlags(rawValue: 0x300)

    /// What glibc does not answer with `EAI_BADFLAGS`.
    static let knownToGlibc: QuestionFlags = [
        .passive, .canonicalName, .numericHost, .numericService, .mapped, .all, .asConfigured, .idn, .canonicalIDN,
        .deprecatedIDN,
    ]
}
