// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// One look-up of a name's addresses: the search list, and both families side by side, told as they come; service bindings beside
/// them, where they are wanted.
///
/// Pure: what has become of each question goes in, steps come out. The rules of the search are glibc's (`res_search`): a name
/// that does not exist, or has no address, or that its servers fail at, leads to the next; silence ends the search.
struct NameLookup: Sendable {
    /// What is to be done next.
    enum Step: Sendable {
        case ask(DomainName, RecordType)
        /// The answer is not wanted any more.
        case forget(RecordType)
        /// Everything else is there: the answer is waited for a little longer, and then done without.
        case hurry(RecordType)
        case tell(LookupEvent)
    }

    /// What has become of one question.
    enum Finding: Sendable {
        case addresses([IPAddress], LookupSource, server: Endpoint?, isStale: Bool)
        /// Service bindings, in ServiceMode and AliasMode both.
        case bindings([SVCBRecord], server: Endpoint?, isStale: Bool)
        /// There are none.
        case nothing
        /// There is no such name, and so none below it (RFC 8020).
        case noName
        /// The servers have said that they cannot tell.
        case refused(ResolutionError)
        /// Nobody has said anything, or this machine cannot ask.
        case failed(ResolutionError)
    }

    /// What has come of the present name's questions.
    private struct Findings: Sendable {
        private var a: Finding?
        private var aaaa: Finding?
        private var service: Finding?

        subscript(_ type: RecordType) -> Finding? {
            get {
                switch type {
                case .a: a
                case .aaaa: aaaa
                default: service
                }
            }
            set {
                switch type {
                case .a: a = newValue
                case .aaaa: aaaa = newValue
                default: service = newValue
                }
            }
        }

        /// Whether there is anything to connect to.
        var isFound: Bool {
            if case .addresses = a { return true }
            if case .addresses = aaaa { return true }
            if case .bindings = service { return true }
            return false
        }
    }

    /// The bindings of the present name, and the aliases on the way to them.
    private struct Bindings: Sendable {
        let question: ServiceQuestion
        /// Where records in AliasMode have led to; the last one is being asked for.
        var aliases: [DomainName] = []
        var isTold = false
    }

    private let families: AddressFamilies
    private let name: String
    private let asksOneByOne: Bool
    private let skipsIPv6: Bool
    /// What is asked for.
    private let types: [RecordType]
    private let candidates: [SearchList.Candidate]
    private var position = 0
    private var findings = Findings()
    /// `nil` where none are wanted.
    private var bindings: Bindings?
    /// Families that have been told.
    private var told: AddressFamilies = []
    /// What the name as it was written has come to, when it was asked for before others.
    private var asWritten: Finding?
    private var refusal: ResolutionError?
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

    /// So many records in AliasMode may lead from one to the next (RFC 9460 §3.1 leaves the number to us).
    private static let aliasLimit = 8

    /// Begins with the first name.
    mutating func begin(_ steps: inout [Step]) {
        if skipsIPv6 { findings[.aaaa] = .nothing }
        if let type = bindings?.question.type, serviceOwner == nil { findings[type] = .nothing }
        var isOpen = false
        for type in types where findings[type] == nil && !(isOpen && asksOneByOne) {
            isOpen = true
            steps.append(ask(type))
        }
        if !isOpen { conclude(&steps) }
    }

    private func ask(_ type: RecordType) -> Step {
        .ask(Self.isOfAddresses(type) ? candidate.name : serviceOwner ?? candidate.name, type)
    }

    /// Where the present name's bindings stand; `nil` where none can, for the prefix makes the name too long.
    private var serviceOwner: DomainName? {
        guard let bindings else { return nil }
        return bindings.aliases.last ?? firstServiceOwner
    }

    /// Where they stand if no alias leads on.
    private var firstServiceOwner: DomainName? {
        try? bindings?.question.owner(below: candidate.name)
    }

    private static func isOfAddresses(_ type: RecordType) -> Bool { type == .a || type == .aaaa }

    /// A question for the present name has come to something.
    mutating func found(_ finding: Finding, for type: RecordType, _ steps: inout [Step]) {
        guard !isOver, findings[type] == nil else { return }
        if Self.isOfAddresses(type) {
            findings[type] = finding
            if case .noName = finding { bindNothing(&steps) }
        } else if let alias = alias(in: finding) {
            bindings?.aliases.append(alias)
            steps.append(ask(type))
            if areAddressesSettled { steps.append(.hurry(type)) }
            return
        } else {
            findings[type] = ofBindings(finding)
        }
        if findings.isFound { tellSettled(&steps) }
        guard let open = types.first(where: { findings[$0] == nil }) else {
            conclude(&steps)
            return
        }
        if asksOneByOne { steps.append(ask(open)) }
        if areAddressesSettled { steps.append(.hurry(open)) }
    }

    /// Whether it is bindings alone that are waited for.
    private var areAddressesSettled: Bool {
        types.allSatisfy { !Self.isOfAddresses($0) || findings[$0] != nil }
    }

    /// A name that does not exist has no bindings: nobody needs to wait for a server that is silent about them.
    private mutating func bindNothing(_ steps: inout [Step]) {
        guard let bindings, bindings.aliases.isEmpty, findings[bindings.question.type] == nil else { return }
        findings[bindings.question.type] = .nothing
        steps.append(.forget(bindings.question.type))
    }

    /// The name that a record in AliasMode leads to; `nil` where none does, or the way has no end.
    ///
    /// - Source: RFC 9460 §2.4.2: beside such a record others mean nothing; and the root for a target means that the service is not
    ///   to be had, which whoever can do without bindings may leave aside.
    private func alias(in finding: Finding) -> DomainName? {
        guard case .bindings(let records, _, _) = finding, let bindings,
            let alias = records.first(where: \.isAlias)?.target, alias != .root,
            bindings.aliases.count < Self.aliasLimit, !bindings.aliases.contains(alias), alias != firstServiceOwner
        else { return nil }
        return alias
    }

    /// What the question for bindings has come to when no alias leads on. Where it cannot be told, there are none: a connection can do
    /// without them.
    private func ofBindings(_ finding: Finding) -> Finding {
        let hasFollowed = bindings?.aliases.isEmpty == false
        switch finding {
        case .bindings(let records, let server, let isStale):
            guard records.contains(where: \.isAlias) else { return finding }
            return hasFollowed ? .bindings([], server: server, isStale: isStale) : .nothing
        case .addresses, .nothing, .noName, .refused, .failed:
            return hasFollowed ? .bindings([], server: nil, isStale: false) : .nothing
        }
    }

    /// Tells what is settled and has not been told: as soon as one family has addresses the name is found, and where the other
    /// has none it stays so.
    private mutating func tellSettled(_ steps: inout [Step]) {
        for type in types where Self.isOfAddresses(type) {
            let family: AddressFamilies = type == .a ? .ipv4 : .ipv6
            guard !told.contains(family), let finding = findings[type] else { continue }
            var answer = LookupAnswer(families: family, addresses: [], isInDestinationOrder: false, source: .dns)
            switch finding {
            case .addresses(let addresses, let source, let server, let isStale):
                answer.addresses = addresses
                answer.source = source
                answer.server = server
                answer.isStale = isStale
            case .nothing, .noName, .bindings: break
            case .refused, .failed: continue
            }
            told.formUnion(family)
            steps.append(.tell(.answered(answer)))
        }
        if let type = bindings?.question.type, let finding = findings[type], bindings?.isTold == false {
            bindings?.isTold = true
            steps.append(.tell(.bound(serviceAnswer(finding))))
        }
    }

    private func serviceAnswer(_ finding: Finding) -> ServiceAnswer {
        var answer = ServiceAnswer(records: [], name: candidate.name, alias: bindings?.aliases.last)
        if case .bindings(let records, let server, let isStale) = finding {
            answer.records = records
            answer.server = server
            answer.isStale = isStale
        }
        return answer
    }

    /// Every question for the present name has come to something.
    private mutating func conclude(_ steps: inout [Step]) {
        let failure = firstFailure { _ in true }
        if findings.isFound { return end(failure?.error, &steps) }
        if position == 0, candidate.suffix == nil, candidates.count > 1 {
            asWritten = failure?.finding ?? .nothing
        } else if let silence = firstFailure(where: { if case .failed = $0 { true } else { false } }) {
            return end(silence.error, &steps)
        }
        refusal = refusal ?? failure?.error
        position += 1
        guard position < candidates.count else { return end(verdict, &steps) }
        findings = Findings()
        bindings?.aliases = []
        begin(&steps)
    }

    /// The first family's that has come to no answer, for a reason of this kind.
    private func firstFailure(where isWanted: (Finding) -> Bool) -> (finding: Finding, error: ResolutionError)? {
        for type in types where Self.isOfAddresses(type) {
            switch findings[type] {
            case .refused(let error)?, .failed(let error)?:
                if let finding = findings[type], isWanted(finding) { return (finding, error) }
            default: continue
            }
        }
        return nil
    }

    /// What the whole search comes to: what the name as it was written did, where that was asked for first.
    private var verdict: ResolutionError {
        switch asWritten {
        case .failed(let error), .refused(let error): return error
        case .addresses, .bindings, .nothing, .noName, nil: break
        }
        if asWritten == nil, let refusal { return refusal }
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
