// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// One look-up of a name's addresses: the search list, and both families side by side, told as they come; service bindings beside
/// them, where they are wanted.
///
/// Pure: what has become of each question goes in, steps come out. The rules of the search are glibc's (`res_search`),
/// with the differences of decision 0013: a name that does not exist, or has no address, or that its servers fail at,
/// leads to the next; silence leads to the name as it was written.
struct NameLookup: Sendable {
    /// What is to be done next.
    enum Step: Sendable {
        case ask(DomainName, RecordType)
        /// The answer is not wanted any more.
        case forget(RecordType)
        /// The answer can be done without: it is waited for as long as `grace(for:)` says, and no longer.
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
        /// A server has said that it cannot tell.
        case refused(ResolutionError)
        /// No server has said anything.
        case silent(ResolutionError)
        /// This machine cannot ask.
        case failed(ResolutionError)

        /// Why there is no answer; `nil` where there is one.
        var error: ResolutionError? {
            switch self {
            case .refused(let error), .silent(let error), .failed(let error): error
            case .addresses, .bindings, .nothing, .noName: nil
            }
        }
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

        /// Whether a server has said in either family that the name does not exist, which holds for every type
        /// (RFC 2308 §5).
        var isDenied: Bool {
            if case .noName = a { return true }
            if case .noName = aaaa { return true }
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
    /// The first reason why one of the names could not be judged.
    private var firstFailure: ResolutionError?
    /// Whether a server has failed at any name, in either family.
    private var hasRefusal = false
    /// Whether a family has been silent beside the word that there is no such name.
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

    /// So many records in AliasMode may lead from one to the next (RFC 9460 §3.1 leaves the number to us).
    private static let aliasLimit = 8

    /// So long service bindings are waited for when both families have been settled. There are networks that drop
    /// questions for types that they do not know.
    private static let bindingGrace = Duration.milliseconds(500)

    /// So long the other family is waited for beside the word that there is no such name. Broken servers say so in one
    /// family of a name that has addresses in the other (RFC 4074 §4.2), and two datagrams may be lost on the way.
    private static let familyGrace = Duration.seconds(2)
    /// The same where that was in vain for an earlier name: with six domains the search still ends within a dial's time
    /// for look-ups.
    private static let laterFamilyGrace = Duration.milliseconds(500)

    /// Whether others will be asked for when the present name comes to nothing.
    var hasMoreCandidates: Bool { position + 1 < candidates.count }

    /// How long an answer is waited for from now on; `nil` where it is needed.
    func grace(for type: RecordType) -> Duration? {
        guard findings[type] == nil else { return nil }
        if !Self.isOfAddresses(type) { return areAddressesSettled ? Self.bindingGrace : nil }
        guard findings.isDenied else { return nil }
        return hasOutwaited ? Self.laterFamilyGrace : Self.familyGrace
    }

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
            if case .refused = finding { hasRefusal = true }
            if case .silent = finding, findings.isDenied { hasOutwaited = true }
        } else if let alias = alias(in: finding) {
            bindings?.aliases.append(alias)
            steps.append(ask(type))
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
        for type in types where grace(for: type) != nil { steps.append(.hurry(type)) }
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
        case .addresses, .nothing, .noName, .refused, .silent, .failed:
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
            case .refused, .silent, .failed: continue
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
        let failure = addressFindings.first { $0.error != nil }
        if findings.isFound { return end(failure?.error, &steps) }
        for case .failed(let error) in addressFindings { return end(error, &steps) }
        // "No such name" beside silence, or beside a failure, is no less sure.
        let unjudged = findings.isDenied ? nil : failure
        let isFirstAsWritten = position == 0 && candidate.suffix == nil && candidates.count > 1
        if isFirstAsWritten { asWritten = unjudged ?? .nothing }
        firstFailure = firstFailure ?? unjudged?.error
        position = isFirstAsWritten || !isSilent ? position + 1 : positionAfterSilence
        guard position < candidates.count else { return end(verdict, &steps) }
        findings = Findings()
        bindings?.aliases = []
        begin(&steps)
    }

    private var addressFindings: [Finding] {
        types.filter(Self.isOfAddresses).compactMap { findings[$0] }
    }

    /// Whether no server has said anything about the present name.
    private var isSilent: Bool {
        types.allSatisfy { type in
            guard Self.isOfAddresses(type), !(type == .aaaa && skipsIPv6) else { return true }
            if case .silent? = findings[type] { return true }
            return false
        }
    }

    /// Where the search goes on after a name whose servers are silent: with the name as it was written, as glibc does;
    /// the other domains would likely be as silent. After a server's failure at an earlier name glibc takes silence for
    /// another one, and goes through the list (it looks at what is left in its buffer); so do we.
    private var positionAfterSilence: Int {
        if hasRefusal { return position + 1 }
        return candidates[(position + 1)...].firstIndex { $0.suffix == nil || $0.suffix == .root } ?? candidates.count
    }

    /// What the whole search comes to: what the name as it was written did, where that was asked for first.
    private var verdict: ResolutionError {
        if let asWritten {
            if let error = asWritten.error { return error }
        } else if let firstFailure {
            return firstFailure
        }
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
