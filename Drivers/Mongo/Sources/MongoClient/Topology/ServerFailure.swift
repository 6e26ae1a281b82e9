// SPDX-License-Identifier: Apache-2.0

import BSON

/// What a failed command says about its server.
enum ServerFailure: Sendable {
    /// The connection broke, or nothing came in time.
    case network(isTimeout: Bool, words: String)
    /// It is no primary any more, or it is going down.
    case stateChange(words: String, isShutdown: Bool, version: TopologyVersion?)

    /// What a reply says about the server; `nil` for nothing.
    init?(reply: BSONDocument) {
        let isRefused = reply["ok"]?.double != 1
        guard let error = isRefused ? reply : reply["writeConcernError"]?.document else { return nil }
        let code = error["code"]?.integer
        let words = error["errmsg"]?.string ?? ""
        guard let isShutdown = Self.isShutdown(code, words) else { return nil }
        let version = TopologyVersion((error["topologyVersion"] ?? reply["topologyVersion"])?.document)
        self = .stateChange(words: words, isShutdown: isShutdown, version: version)
    }

    /// `nil` where it is no change of state. The words count where there is no number.
    private static func isShutdown(_ code: Int?, _ words: String) -> Bool? {
        switch code {
        case 11_600, 91: return true
        case 11_602, 13_436, 189, 10_107, 13_435, 10_058: return false
        case nil, 0:
            let lower = words.lowercased()
            return lower.contains("not master") || lower.contains("node is recovering") ? false : nil
        default: return nil
        }
    }
}
