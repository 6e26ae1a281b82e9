// SPDX-License-Identifier: Apache-2.0

/// One way in which a name server differs from a good one; most are of devices that people have reported.
enum PacketTrait: CaseIterable, Hashable {
    // Queries with an OPT record (RFC 6891).
    case dropsOptions
    case dropsCookies
    case failsOptions
    case refusesOptions
    case deniesOptions
    case emptiesOptions
    case cannotReadOptions
    /// The query comes back as it was, OPT record in the answer section, the address behind it.
    case appendsToOptions
    // The spelling of names.
    case deniesOtherSpellings
    case ignoresOtherSpellings
    case zeroesOtherSpellings
    case lowersSpellings
    // Cookies (RFC 7873).
    case givesCookies
    case demandsCookies
    case givesCookiesSometimes
    case givesForeignCookies
    case neverLikesCookies
    // Datagrams.
    case answersOncePerPort
    case isSlow
    case isSilent
    case refusesDatagrams
    case cutsWithoutSaying
    case truncatesAlways
    // Streams.
    case refusesStreams
    case ignoresStreams
    case closesStreams
    // Any question.
    case failsAlways
    case refusesAlways
    case failsWithoutQuestion
    case refusesWithoutQuestion
    case announcesTooMuch
    case sendsNonsense
    /// An alias comes without what it leads to.
    case leavesAliasesToOthers

    /// Whether the resolver's wished form is answered like the plain one; the letters' case aside, which it learns.
    var isFineWithWishes: Bool {
        switch self {
        case .dropsOptions, .dropsCookies, .failsOptions, .refusesOptions, .deniesOptions, .emptiesOptions,
            .appendsToOptions, .deniesOtherSpellings, .ignoresOtherSpellings, .zeroesOtherSpellings,
            .lowersSpellings, .demandsCookies, .givesCookiesSometimes, .givesForeignCookies, .neverLikesCookies,
            .answersOncePerPort, .isSlow, .refusesDatagrams, .cutsWithoutSaying, .refusesStreams, .ignoresStreams,
            .closesStreams, .failsWithoutQuestion, .refusesWithoutQuestion, .announcesTooMuch, .sendsNonsense,
            .leavesAliasesToOthers, .truncatesAlways:
            false
        case .cannotReadOptions, .givesCookies, .isSilent, .failsAlways, .refusesAlways: true
        }
    }
}
