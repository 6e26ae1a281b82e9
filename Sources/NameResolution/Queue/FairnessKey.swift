// SPDX-License-Identifier: Apache-2.0

/// On whose behalf a name is looked up; slots are shared out evenly between fairness keys.
@available(FairDial 0.1, *)
public struct FairnessKey: Hashable, Sendable {
    private enum Identity: Hashable, Sendable {
        case label(String)
        case parentDomain(String)
    }

    private let identity: Identity

    /// A fairness key with the label that the caller gave, else the name's parent domain, so that one slow zone is one
    /// fairness key (rule 4: the queue is fair).
    ///
    /// `a.feeds.example` and `B.feeds.example.` are both asked for by `feeds.example`; a name without a dot, by "". No
    /// label equals a parent domain.
    ///
    /// - Parameters:
    ///   - label: the caller's; `nil` for none.
    ///   - name: what is looked up; it does not matter beside a label.
    public init(label: String? = nil, for name: String = "") {
        if let label {
            identity = .label(label)
            return
        }
        var labels = name.asciiLowercased[...]
        if labels.hasSuffix(".") { labels.removeLast() }
        guard let dot = labels.firstIndex(of: ".") else {
            identity = .parentDomain("")
            return
        }
        identity = .parentDomain(String(labels[labels.index(after: dot)...]))
    }
}

@available(FairDial 0.1, *)
extension FairnessKey: CustomStringConvertible {
    /// The label, or the domain with a dot before it.
    public var description: String {
        switch identity {
        case .label(let label): label
        case .parentDomain(let domain): ".\(domain)"
        }
    }
}
