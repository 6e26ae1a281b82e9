// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDial
import GetAddrInfo
import IPAddresses
import NameResolution

/// Who answers for a host, and why: what `resolve --explain` says.
struct Explanation {
    let host: String
    let families: AddressFamilies
    /// The hosts that the command line has addresses of, by their keys.
    let overridden: Set<String>
    /// The resolver that the command line asks for; `nil` where the machine's configuration decides.
    let chosen: CommonOptions.ResolverChoice?
    /// Whether records are looked up, which neither addresses nor the hosts file have.
    let isForRecords: Bool

    /// One sentence for a person.
    var sentence: String {
        if !isForRecords, let local { return "\(host): \(local)" }
        if chosen == .dns, let reason = SpecialUseName.reasonNotToAsk(for: LookupQuestion(name: host).key) {
            return "\(host): not looked up, because \(reason)"
        }
        if let chosen { return "\(host): looked up by \(chosen.rawValue), because the command line says so" }
        let decision = AutomaticResolver.shared.decision(for: host)
        if decision.choice == .nobody { return "\(host): not looked up, because \(decision.reason)" }
        return "\(host): looked up by \(decision.choice.rawValue), because \(decision.reason)"
    }

    /// The end of the sentence where nobody needs to be asked, in the order in which a dial looks; else `nil`.
    private var local: String? {
        do throws(DialError) {
            _ = try Target(host: host, port: 1)
        } catch {
            return "not looked up, because \(error.message)"
        }
        let question = LookupQuestion(name: host, families: families)
        if overridden.contains(question.key) { return "answered by override, because the command line says so" }
        switch NumericHost(host, knowing: LocalTables.system.facts) {
        case .address(let address): return "answered as numeric, because it is the address \(address)"
        case .refused(let refusal): return "not looked up, because \(Target.misreading(of: host) ?? "\(refusal)")"
        case .name: break
        }
        if let misreading = Target.misreading(of: host) { return "not looked up, because \(misreading)" }
        guard let answer = LocalNames.system.answer(question) else { return nil }
        return "answered by \(answer.source.rawValue), because the hosts file has it, or it is localhost (RFC 6761)"
    }
}
