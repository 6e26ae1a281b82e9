// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// In which form a server answers: the wished one (with EDNS, cookies, mixed case), or only the plain one of the C
/// library (docs/decisions/0015-plain-form.md).
///
/// One failure alone changes nothing for long, and everything expires.
@available(FairDial 0.1, *)
struct FormMemory: Sendable {
    /// What is known of the names under one parent.
    private struct Parent: Sendable {
        /// When all of it is forgotten: what has been learned is learned anew.
        let expires: Duration
        /// A plain negative has agreed with one in the wished form.
        var hasAgreed = false
        /// The wished form has brought addresses here.
        var isProven = false
        /// The plain form has brought addresses: the next name is asked in the wished form, so that it can prove
        /// itself.
        var isTrying = false
        /// Names for which the server denied in the wished form what it gave in the plain one.
        var contradictions = 0
        /// Until when only the plain form is asked here.
        var plainUntil: Duration?
    }

    /// How long "plain only" holds.
    static let plainOnlyTime = Duration.seconds(600)
    /// How long what is known of a parent holds.
    static let parentTime = Duration.seconds(600)
    /// Names under this many parents must fail the wished form twice around a plain success, before only the plain form
    /// is asked.
    static let signLimit = 3
    /// Parents that are known at a time; all are forgotten when there is one more.
    private static let parentLimit = 4_096
    /// Contradictions until the plain form comes first under a parent for a while.
    private static let contradictionLimit = 2

    private var parents: [DomainName: Parent] = [:]
    private var signs: [DomainName] = []
    private var signsExpire = Duration.zero
    private var plainOnlyUntil: Duration?
    /// Whether a copy in the wished form is in flight.
    var isChecking = false

    /// Whether only the plain form is asked.
    func isPlainOnly(at now: Duration) -> Bool {
        plainOnlyUntil.map { now < $0 } ?? false
    }

    /// The form to begin with.
    ///
    /// Under a parent where names have turned out not to exist and none has been found in the wished form, a negative
    /// in that form would have to be confirmed each time: so the plain form comes first.
    func first(for name: DomainName, at now: Duration) -> Query.Form {
        if isPlainOnly(at: now) { return .plain }
        guard let parent = parent(of: name, at: now) else { return .wished }
        if let end = parent.plainUntil, now < end { return .plain }
        return parent.hasAgreed && !parent.isProven && !parent.isTrying ? .plain : .wished
    }

    /// Whether a negative in the wished form is believed at once: both forms have agreed on one under the same parent,
    /// and the wished form has found names there too. A server that compares letters byte by byte would fail the
    /// second.
    func believesNegatives(for name: DomainName, at now: Duration) -> Bool {
        guard let parent = parent(of: name, at: now) else { return false }
        return parent.hasAgreed && parent.isProven
    }

    /// The plain form has confirmed a negative.
    mutating func agreed(on name: DomainName, at now: Duration) {
        var parent = parent(of: name, at: now) ?? Parent(expires: now + Self.parentTime)
        parent.hasAgreed = true
        note(parent, of: name)
    }

    private func parent(of name: DomainName, at now: Duration) -> Parent? {
        guard !parents.isEmpty, let parent = parents[name.parent ?? .root], now < parent.expires else { return nil }
        return parent
    }

    private mutating func note(_ parent: Parent, of name: DomainName) {
        if parents.count >= Self.parentLimit { parents = [:] }
        parents[name.parent ?? .root] = parent
    }

    /// Addresses have come and were believed.
    mutating func found(_ name: DomainName, in form: Query.Form, at now: Duration) {
        if form == .wished {
            if plainOnlyUntil != nil { succeeded() }
            if !signs.isEmpty { signs = [] }
        }
        // Nothing is kept of parents under which every name exists: that is most of them, and every answer comes by
        // here.
        guard var parent = parent(of: name, at: now) else { return }
        switch form {
        case .wished: (parent.isProven, parent.isTrying, parent.contradictions) = (true, false, 0)
        case .plain: if !parent.isProven { parent.isTrying = true }
        }
        parents[name.parent ?? .root] = parent
    }

    /// The server has denied in the wished form what it gave in the plain one.
    mutating func contradicted(_ name: DomainName, at now: Duration) {
        var parent = parent(of: name, at: now) ?? Parent(expires: now + Self.parentTime)
        (parent.isProven, parent.isTrying) = (false, false)
        parent.contradictions += 1
        if parent.contradictions >= Self.contradictionLimit {
            parent.contradictions = 0
            parent.plainUntil = now + Self.plainOnlyTime
        }
        note(parent, of: name)
    }

    /// Whether one more name's failure would be a further sign.
    func wantsSign(from name: DomainName, at now: Duration) -> Bool {
        !isChecking && !isPlainOnly(at: now) && !signs.contains(name.parent ?? .root)
    }

    /// A name has failed in the wished form before and after a plain success.
    ///
    /// - Returns: whether only the plain form is asked from now on.
    mutating func sign(from name: DomainName, at now: Duration) -> Bool {
        let parent = name.parent ?? .root
        if signs.isEmpty || now >= signsExpire { (signs, signsExpire) = ([], now + Self.plainOnlyTime) }
        if !signs.contains(parent) { signs.append(parent) }
        guard signs.count >= Self.signLimit else { return false }
        signs = []
        plainOnlyUntil = now + Self.plainOnlyTime
        return true
    }

    /// The wished form has been answered well.
    mutating func succeeded() {
        signs = []
        plainOnlyUntil = nil
    }
}
