// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// One lookup of a name's addresses: the search list, and both families side by side, told as they come; service
/// bindings beside them, where they are wanted.
///
/// Pure: the outcome of each question goes in, steps come out. The rules of the search are glibc's (`res_search`), with
/// the differences that docs/decisions/0013-automatic.md lists: a name that does not exist, or has no address, or that
/// its servers fail at, leads to the next; silence leads to the name as it was written.
@available(FairDial 0.1, *)
struct NameLookup: Sendable {
    /// What is to be done next.
    enum Step: Sendable {
        /// - Parameters:
        ///   - position: of which candidate, by its number.
        ///   - isBeside: whether the same name has just been asked for in the other family.
        case ask(DomainName, RecordType, position: Int, isBeside: Bool)
        /// The answer is not wanted any more.
        case forget(RecordType)
        /// The answer can be done without: it is waited for as long as `grace(for:)` says, and no longer.
        case hurry(RecordType)
        case tell(LookupEvent)
    }

    /// What a query has brought, or why it has brought nothing.
    typealias Outcome = Result<ServerAnswer, StubResolver.Trouble>

    /// The outcomes of the present name's queries for addresses.
    private struct Outcomes: Sendable {
        var a: Outcome?
        var aaaa: Outcome?

        /// The first of the families of which there is no answer.
        var trouble: StubResolver.Trouble? { a?.trouble ?? aaaa?.trouble }

        /// Why this machine cannot ask, where that is so.
        var inability: ResolutionError? {
            for case let trouble? in [a?.trouble, aaaa?.trouble] where trouble.origin == .machine {
                return trouble.error
            }
            return nil
        }

        /// Whether there is an address to connect to.
        var hasAddresses: Bool { a?.hasAddresses == true || aaaa?.hasAddresses == true }

        /// Whether a server has said in either family that the name does not exist, which holds for every type
        /// (RFC 2308 §5).
        var isDenied: Bool { a?.isDenial == true || aaaa?.isDenial == true }
    }

    /// The bindings of the present name, and the aliases on the way to them.
    private struct Bindings: Sendable {
        let question: BindingQuestion
        /// Where records in AliasMode have led to; the last one is being asked for.
        var aliases: [DomainName] = []
        var isSettled = false
        /// `nil` where there are none.
        var answer: BindingAnswer?
        var isTold = false
    }

    private let families: AddressFamilies
    private let name: String
    private let asksOneByOne: Bool
    private let skipsIPv6: Bool
    /// What is asked for.
    private let types: [RecordType]
    let candidates: [SearchList.Candidate]
    /// Which of them is being asked for.
    private var position = 0
    private var outcomes = Outcomes()
    /// `nil` where none are wanted.
    private var bindings: Bindings?
    /// Families that have been told.
    private var told: AddressFamilies = []
    /// Whether the name as it was written was asked for before others.
    private var isAsWrittenFirst = false
    /// Why no answer about that name could be had; `nil` where there was one.
    private var failureAsWritten: ResolutionError?
    /// The first reason why no answer about one of the names could be had.
    private var firstFailure: ResolutionError?
    /// Whether a server has failed for any name, in either family.
    private var hasRefusal = false
    /// Whether a family has been silent while the other one's answer was "no such name".
    private var hasOutwaited = false
    private(set) var isOver = false

    /// - Parameters:
    ///   - candidates: what to ask for, in order; not empty.
    ///   - skipped: families that are not asked for, and taken to be empty.
    init(
        _ question: LookupQuestion,
        candidates: [SearchList.Candidate],
        skipping skipped: AddressFamilies = [],
        asksOneByOne: Bool = false
    ) {
        name = question.name
        families = question.families
        self.candidates = candidates
        self.asksOneByOne = asksOneByOne
        skipsIPv6 = skipped.contains(.ipv6) && families.contains(.ipv6)
        let addressTypes =
            families == .both ? Self.bothTypes : families.contains(.ipv4) ? Self.onlyA : Self.onlyAAAA
        types = question.service.map { addressTypes + [$0.type] } ?? addressTypes
        bindings = question.service.map { Bindings(question: $0) }
    }

    /// The name that is being asked for.
    var candidate: SearchList.Candidate { candidates[position] }

    private static let bothTypes: [RecordType] = [.a, .aaaa]
    private static let onlyA: [RecordType] = [.a]
    private static let onlyAAAA: [RecordType] = [.aaaa]

    /// The most records in AliasMode that may lead from one to the next (RFC 9460 §3.1 leaves the number to us).
    private static let aliasLimit = 8

    /// How long service bindings are waited for once both families have been settled: there are networks that drop
    /// questions for types that they do not know.
    private static let bindingGrace = Duration.milliseconds(500)

    /// How long the other family is waited for after one family's "no such name". Broken servers say that in one family
    /// of a name that has addresses in the other (RFC 4074 §4.2), and two datagrams may be lost on the way.
    private static let familyGrace = Duration.seconds(2)
    /// The same where the wait brought nothing for an earlier name: with six domains the search still ends within a
    /// dial's time for lookups.
    private static let laterFamilyGrace = Duration.milliseconds(500)

    /// Whether other names will be asked for when the present one has no address.
    var hasMoreCandidates: Bool { position + 1 < candidates.count }

    /// How long an answer is waited for from now on; `nil` where it is needed.
    func grace(for type: RecordType) -> Duration? {
        guard !isSettled(type) else { return nil }
        if !Self.isOfAddresses(type) { return areAddressesSettled ? Self.bindingGrace : nil }
        guard outcomes.isDenied else { return nil }
        return hasOutwaited ? Self.laterFamilyGrace : Self.familyGrace
    }

    /// Begins with the first name, or goes on with the next one; a loop, because a list may be long, and none of its
    /// names may need a query.
    mutating func begin(_ steps: inout [Step]) {
        var isOpen = false
        repeat {
            if skipsIPv6 { outcomes.aaaa = .success(ServerAnswer(content: .noData)) }
            if bindings != nil, serviceOwner == nil { bindings?.isSettled = true }
            for type in types where !isSettled(type) && !(isOpen && asksOneByOne) {
                steps.append(ask(type, isBeside: isOpen && Self.isOfAddresses(type)))
                isOpen = true
            }
        } while !isOpen && !hasConcluded(&steps)
    }

    private func ask(_ type: RecordType, isBeside: Bool = false) -> Step {
        let name = Self.isOfAddresses(type) ? candidate.name : serviceOwner ?? candidate.name
        return .ask(name, type, position: position, isBeside: isBeside)
    }

    /// The owner name of the present name's bindings; `nil` where none can, for the prefix makes the name too long.
    private var serviceOwner: DomainName? {
        guard let bindings else { return nil }
        return bindings.aliases.last ?? firstServiceOwner
    }

    /// Their owner name if no alias leads on.
    private var firstServiceOwner: DomainName? {
        try? bindings?.question.owner(below: candidate.name)
    }

    private static func isOfAddresses(_ type: RecordType) -> Bool { type == .a || type == .aaaa }

    /// Whether a query for the present name is over; every lookup checks this several times, so nothing is copied for
    /// it.
    private func isSettled(_ type: RecordType) -> Bool {
        switch type {
        case .a: outcomes.a != nil
        case .aaaa: outcomes.aaaa != nil
        default: bindings?.isSettled ?? true
        }
    }

    /// Whether there is anything to connect to.
    private var isFound: Bool { outcomes.hasAddresses || bindings?.answer != nil }

    /// Whether a candidate's records of a type are to be asked for still.
    func wants(_ type: RecordType, of position: Int) -> Bool {
        !isOver && position == self.position && !isSettled(type)
    }

    /// A query is over. One for another name than the present one says nothing.
    ///
    /// What is settled is told at once: as soon as one family has addresses the name is found, and where the other has
    /// none it stays so.
    mutating func settled(_ type: RecordType, of position: Int, _ outcome: Outcome, _ steps: inout [Step]) {
        guard wants(type, of: position) else { return }
        if Self.isOfAddresses(type) {
            if type == .a { outcomes.a = outcome } else { outcomes.aaaa = outcome }
            noteAddresses(outcome, &steps)
        } else if let alias = settleBindings(outcome) {
            bindings?.aliases.append(alias)
            steps.append(ask(type))
            return
        }
        for type in types where isFound && Self.isOfAddresses(type) {
            let family: AddressFamilies = type == .a ? .ipv4 : .ipv6
            guard !told.contains(family), case .success(let answer)? = type == .a ? outcomes.a : outcomes.aaaa else {
                continue
            }
            told.formUnion(family)
            var result = LookupResult(families: family, addresses: [], isInDestinationOrder: false, source: .dns)
            // A "no" needs no source or server.
            if case .addresses(let addresses) = answer.content {
                result.addresses = addresses
                result.source = answer.source
                result.server = answer.server
                result.isStale = answer.isStale
                result.timeToLive = answer.timeToLive.map { .seconds(Int64($0)) }
            }
            steps.append(.tell(.answered(result)))
        }
        if isFound, let bindings, bindings.isSettled, !bindings.isTold {
            self.bindings?.isTold = true
            let none = BindingAnswer(records: [], name: candidate.name, alias: bindings.aliases.last)
            steps.append(.tell(.bindings(bindings.answer ?? none)))
        }
        guard let open = types.first(where: { !isSettled($0) }) else {
            if !hasConcluded(&steps) { begin(&steps) }
            return
        }
        if asksOneByOne { steps.append(ask(open)) }
        for type in types where grace(for: type) != nil { steps.append(.hurry(type)) }
    }

    private mutating func noteAddresses(_ outcome: Outcome, _ steps: inout [Step]) {
        switch outcome {
        case .success: if outcome.isDenial { bindNothing(&steps) }
        case .failure(let trouble):
            if trouble.origin == .server { hasRefusal = true }
            if trouble.origin == .silence, outcomes.isDenied { hasOutwaited = true }
        }
    }

    /// Whether it is bindings alone that are waited for.
    private var areAddressesSettled: Bool {
        types.allSatisfy { !Self.isOfAddresses($0) || isSettled($0) }
    }

    /// A name that does not exist has no bindings: no caller needs to wait for a server that is silent about them.
    private mutating func bindNothing(_ steps: inout [Step]) {
        guard let bindings, bindings.aliases.isEmpty, !bindings.isSettled else { return }
        self.bindings?.isSettled = true
        steps.append(.forget(bindings.question.type))
    }

    /// What the query for bindings has brought. Where it cannot be told, there are none: a connection can do without
    /// them.
    ///
    /// - Returns: the name that a record in AliasMode leads to, which is to be asked for.
    private mutating func settleBindings(_ outcome: Outcome) -> DomainName? {
        guard let known = bindings else { return nil }
        let records = bindingRecords(in: outcome)
        let alias = records.first(where: \.isAlias)?.target
        if let alias, mayFollow(alias) { return alias }
        bindings?.isSettled = true
        let hasOwn = !records.isEmpty && alias == nil
        guard hasOwn || !known.aliases.isEmpty else { return nil }
        var answer = BindingAnswer(records: hasOwn ? records : [], name: candidate.name, alias: known.aliases.last)
        if case .success(let found) = outcome, !records.isEmpty {
            answer.server = found.server
            answer.isStale = found.isStale
        }
        bindings?.answer = answer
        return nil
    }

    private func bindingRecords(in outcome: Outcome) -> [SVCBRecord] {
        guard case .success(let answer) = outcome, case .records(let records) = answer.content,
            let owner = serviceOwner
        else { return [] }
        return records.compactMap { SVCBRecord($0, askedForAt: owner, answer.canonicalName) }
    }

    /// Whether a record in AliasMode is to be followed; else it leads nowhere, or in a circle.
    ///
    /// - Source: RFC 9460 §2.4.2: beside such a record others mean nothing; and the root for a target means that the
    ///   service is not to be had, which a caller that can do without bindings may leave aside.
    private func mayFollow(_ alias: DomainName) -> Bool {
        guard let bindings, alias != .root, bindings.aliases.count < Self.aliasLimit else { return false }
        return !bindings.aliases.contains(alias) && alias != firstServiceOwner
    }

    /// Every query for the present name is over.
    ///
    /// - Returns: whether that is the end; else it is the next name's turn.
    private mutating func hasConcluded(_ steps: inout [Step]) -> Bool {
        let trouble = outcomes.trouble
        if isFound {
            end(trouble?.error, &steps)
            return true
        }
        if let error = outcomes.inability {
            end(error, &steps)
            return true
        }
        // "No such name" beside silence, or beside a failure, is no less sure.
        let unjudged = outcomes.isDenied ? nil : trouble?.error
        let isFirstAsWritten = position == 0 && candidate.suffix == nil && candidates.count > 1
        if isFirstAsWritten { (isAsWrittenFirst, failureAsWritten) = (true, unjudged) }
        firstFailure = firstFailure ?? unjudged
        position = isFirstAsWritten || !isSilent ? position + 1 : positionAfterSilence
        guard position < candidates.count else {
            end(verdict, &steps)
            return true
        }
        outcomes = Outcomes()
        bindings = bindings.map { Bindings(question: $0.question, isTold: $0.isTold) }
        return false
    }

    /// Whether no server has said anything about the present name.
    private var isSilent: Bool {
        let isSilentOverIPv4 = !families.contains(.ipv4) || outcomes.a?.trouble?.origin == .silence
        let isSilentOverIPv6 = !families.contains(.ipv6) || skipsIPv6 || outcomes.aaaa?.trouble?.origin == .silence
        return isSilentOverIPv4 && isSilentOverIPv6
    }

    /// Where the search goes on after a name whose servers are silent: with the name as it was written, as glibc does;
    /// the other domains would likely be as silent. After a server's failure at an earlier name glibc counts silence as
    /// another one, and goes through the list (it looks at what is left in its buffer); so do we.
    private var positionAfterSilence: Int {
        if hasRefusal { return position + 1 }
        return candidates[(position + 1)...].firstIndex { $0.suffix == nil || $0.suffix == .root } ?? candidates.count
    }

    /// The outcome of the whole search: what the name as it was written did, where that was asked for first.
    private var verdict: ResolutionError {
        if let failure = isAsWrittenFirst ? failureAsWritten : firstFailure { return failure }
        return ResolutionError(.nameNotFound, "\(name) does not exist, or has no \(familyWords)")
    }

    private var familyWords: String {
        families == .both ? "address" : families.contains(.ipv4) ? "IPv4 address" : "IPv6 address"
    }

    private mutating func end(_ error: ResolutionError?, _ steps: inout [Step]) {
        isOver = true
        steps.append(.tell(.ended(error)))
    }
}

@available(FairDial 0.1, *)
extension NameLookup.Outcome {
    /// Why there is no answer; `nil` where there is one.
    fileprivate var trouble: StubResolver.Trouble? {
        if case .failure(let trouble) = self { trouble } else { nil }
    }

    fileprivate var hasAddresses: Bool {
        if case .success(let answer) = self, case .addresses = answer.content { true } else { false }
    }

    /// Whether there is no such name, and so none below it (RFC 8020). Behind an alias it is the alias's target that
    /// does not exist.
    fileprivate var isDenial: Bool {
        guard case .success(let answer) = self, case .nameError = answer.content else { return false }
        return answer.canonicalName == nil
    }
}

@available(FairDial 0.1, *)
extension SVCBRecord {
    /// A binding of either type; a target "." means the record's own name (RFC 9460 §2.5), and that is the name which
    /// it was asked for at: one that an alias (CNAME) leads from has the same addresses. `nil` for another record.
    fileprivate init?(_ record: Record, askedForAt name: DomainName, _ canonicalName: DomainName?) {
        switch record.data {
        case let data as SVCBRecord: self = data
        case let data as HTTPSRecord: self = data.binding
        default: return nil
        }
        if !isAlias, target == .root || target == canonicalName { target = name }
    }
}
