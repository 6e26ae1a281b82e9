// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// One look-up of a name's addresses: the search list, and both families side by side, told as they come.
///
/// Pure: what has become of each question goes in, steps come out. The rules of the search are glibc's (`res_search`): a name
/// that does not exist, or has no address, or that its servers fail at, leads to the next; silence ends the search.
struct NameLookup: Sendable {
    /// What is to be done next.
    enum Step: Sendable {
        case ask(DomainName, RecordType)
        case tell(LookupEvent)
    }

    /// What has become of one question.
    enum Finding: Sendable {
        case addresses([IPAddress], LookupSource, server: Endpoint?, isStale: Bool)
        /// There are none, or there is no such name.
        case nothing
        /// The servers have said that they cannot tell.
        case refused(ResolutionError)
        /// Nobody has said anything, or this machine cannot ask.
        case failed(ResolutionError)
    }

    /// What has come of the present name's questions.
    private struct Findings: Sendable {
        private var a: Finding?
        private var aaaa: Finding?

        subscript(_ type: RecordType) -> Finding? {
            get { type == .a ? a : aaaa }
            set { if type == .a { a = newValue } else { aaaa = newValue } }
        }

        var hasAddresses: Bool {
            if case .addresses = a { return true }
            if case .addresses = aaaa { return true }
            return false
        }
    }

    private let families: AddressFamilies
    private let name: String
    private let asksOneByOne: Bool
    private let skipsIPv6: Bool
    private let candidates: [SearchList.Candidate]
    private var position = 0
    private var findings = Findings()
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
    }

    /// The name that is being asked for.
    var candidate: SearchList.Candidate { candidates[position] }

    /// Whether the name that is being asked for has any address so far.
    private var hasAddresses: Bool { findings.hasAddresses }

    private static let bothTypes: [RecordType] = [.a, .aaaa]
    private static let onlyA: [RecordType] = [.a]
    private static let onlyAAAA: [RecordType] = [.aaaa]

    /// What is asked for.
    private var types: [RecordType] {
        families == .both ? Self.bothTypes : families.contains(.ipv4) ? Self.onlyA : Self.onlyAAAA
    }

    /// Begins with the first name.
    mutating func begin() -> [Step] {
        if skipsIPv6 { findings[.aaaa] = .nothing }
        let open = types.filter { findings[$0] == nil }
        if open.isEmpty { return conclude() }
        return (asksOneByOne ? Array(open.prefix(1)) : open).map { .ask(candidate.name, $0) }
    }

    /// A question for the present name has come to something.
    mutating func found(_ finding: Finding, for type: RecordType) -> [Step] {
        guard !isOver, findings[type] == nil else { return [] }
        findings[type] = finding
        var steps: [Step] = []
        if hasAddresses { steps += tellSettled() }
        guard let open = types.first(where: { findings[$0] == nil }) else { return steps + conclude() }
        if asksOneByOne { steps.append(.ask(candidate.name, open)) }
        return steps
    }

    /// Tells what is settled and has not been told: as soon as one family has addresses the name is found, and where the other
    /// has none it stays so.
    private mutating func tellSettled() -> [Step] {
        var steps: [Step] = []
        for type in types {
            let family: AddressFamilies = type == .a ? .ipv4 : .ipv6
            guard !told.contains(family), let finding = findings[type] else { continue }
            var answer = LookupAnswer(families: family, addresses: [], isInDestinationOrder: false, source: .dns)
            switch finding {
            case .addresses(let addresses, let source, let server, let isStale):
                answer.addresses = addresses
                answer.source = source
                answer.server = server
                answer.isStale = isStale
            case .nothing: break
            case .refused, .failed: continue
            }
            told.formUnion(family)
            steps.append(.tell(.answered(answer)))
        }
        return steps
    }

    /// Every question for the present name has come to something.
    private mutating func conclude() -> [Step] {
        let failures = types.compactMap { type -> (error: ResolutionError, isSilence: Bool)? in
            switch findings[type] {
            case .refused(let error): (error, false)
            case .failed(let error): (error, true)
            default: nil
            }
        }
        if hasAddresses { return end(failures.first?.error) }
        if position == 0, candidate.suffix == nil, candidates.count > 1 {
            asWritten = failures.first.map { $0.isSilence ? .failed($0.error) : .refused($0.error) } ?? .nothing
        } else if let silence = failures.first(where: \.isSilence) {
            return end(silence.error)
        }
        refusal = refusal ?? failures.first?.error
        position += 1
        guard position < candidates.count else { return end(verdict) }
        findings = Findings()
        return begin()
    }

    /// What the whole search comes to: what the name as it was written did, where that was asked for first.
    private var verdict: ResolutionError {
        switch asWritten {
        case .failed(let error), .refused(let error): return error
        case .addresses, .nothing, nil: break
        }
        if asWritten == nil, let refusal { return refusal }
        return ResolutionError(.nameNotFound, "\(name) does not exist, or has no \(familyWords)")
    }

    private var familyWords: String {
        families == .both ? "address" : families.contains(.ipv4) ? "IPv4 address" : "IPv6 address"
    }

    private mutating func end(_ error: ResolutionError?) -> [Step] {
        isOver = true
        return [.tell(.ended(error))]
    }
}
