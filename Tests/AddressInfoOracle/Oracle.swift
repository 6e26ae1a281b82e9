// SPDX-License-Identifier: Apache-2.0

public import GetAddrInfo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Asks both, us and the C library, and counts how often they say the same.
///
/// The C library is right, to the last entry, error code and canonical name. A question that we leave to the call is
/// asked once more under `AI_NUMERICHOST`, so that no comparison ever touches a name service or the network, and a
/// literal that we failed to recognise shows.
///
/// One difference is allowed, and none of the questions here has it: a zone of digits on an address of one link, beside
/// an interface that has those digits as its *name* (smallest input: `fe80::1%4`, with an interface called "4"). glibc
/// 2.36 asks for the interface first; we do not, because a literal makes no system call.
public struct Oracle: Sendable {
    /// How many questions both have answered.
    public private(set) var compared = 0

    /// How many of them have addresses as their answer.
    public private(set) var answered = 0

    /// How many questions were left to the call as they stood.
    public private(set) var neededLookup = 0

    /// How many of these could not be asked without a lookup: the text would have to be turned into an ASCII name
    /// first.
    public private(set) var unasked = 0

    /// How often the two differed.
    public private(set) var disagreed = 0

    /// The first differences, a line each.
    public private(set) var differences: [String] = []

    private let facts: LocalFacts

    /// A judge that has compared nothing.
    ///
    /// - Parameter facts: what we know of the machine; it must not change while the oracle is at work.
    public init(facts: LocalFacts) {
        self.facts = facts
    }

    /// How often both said the same.
    public var agreed: Int { compared - disagreed }

    /// Asks both.
    public mutating func compare(_ question: AddressInfoQuestion) {
        var question = question
        var answer = question.numericAnswer(knowing: facts)
        if answer == .needsLookup {
            neededLookup += 1
            question.flags |= AI_NUMERICHOST
            answer = question.numericAnswer(knowing: facts)
        }
        let ours: Result<AddressInfoList, AddressInfoError>
        switch answer {
        case .answered(let entries): ours = .success(entries)
        case .failed(let error): ours = .failure(error)
        case .needsLookup, .refused:
            unasked += 1
            return
        }
        let theirs = AddressInfoCall.getaddrinfo(question)
        compared += 1
        if case .success = ours { answered += 1 }
        if ours != theirs {
            disagreed += 1
            if differences.count < 20 { differences.append("\(question): ours \(ours), the C library's \(theirs)") }
        }
        // The two ways in, by text and by bytes, are one.
        let inBytes = Self.inBytes(question, facts)
        if inBytes != answer {
            disagreed += 1
            if differences.count < 20 { differences.append("\(question): as text \(answer), as bytes \(inBytes)") }
        }
    }

    /// Takes another judge's counts into this one.
    public mutating func add(_ other: Oracle) {
        compared += other.compared
        answered += other.answered
        neededLookup += other.neededLookup
        unasked += other.unasked
        disagreed += other.disagreed
        differences += other.differences
    }

    /// One line for a person.
    public var summary: String {
        "getaddrinfo (\(Self.library)): \(compared) compared, \(agreed) agreed, \(answered) of them with addresses, "
            + "\(neededLookup) needed a lookup"
    }

    private static func inBytes(_ question: AddressInfoQuestion, _ facts: LocalFacts) -> NumericAnswer {
        func with(_ text: String?, _ body: (UnsafeBufferPointer<UInt8>?) -> NumericAnswer) -> NumericAnswer {
            guard let text else { return body(nil) }
            return Array(text.utf8).withUnsafeBufferPointer { body($0) }
        }
        return with(question.host) { host in
            with(question.service) { service in
                AddressInfoQuestion.numericAnswer(host: host, service: service, hints: question.hints, knowing: facts)
            }
        }
    }

    private static let library: String = {
        #if canImport(Glibc)
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
                text.initialize(repeating: 0)
                guard let start = text.baseAddress, confstr(CInt(_CS_GNU_LIBC_VERSION), start, text.count) > 0 else {
                    return "glibc"
                }
                return String(cString: start)
            }
        #else
            "this system's"
        #endif
    }()
}
