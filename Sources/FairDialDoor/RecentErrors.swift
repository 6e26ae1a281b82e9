// SPDX-License-Identifier: Apache-2.0

import FairDial

/// The last error of each target, for the targets that failed last.
@available(FairDial 0.1, *)
struct RecentErrors: Sendable {
    /// For how many targets an error is kept. A client asks right after its failure, so older errors are of no use.
    static let limit = 256

    /// What an error is found by. It is made from the target itself, because the text of the target in an error is cut
    /// where it is long.
    private enum Key: Hashable {
        case host(String, port: UInt16?)
        case other(Target)
        case none(String)

        init(_ target: Target) {
            self = if let host = target.host { .host(host.lowercased(), port: target.port) } else { .other(target) }
        }
    }

    /// The newest last.
    private var entries: [(key: Key, error: DialError)] = []

    /// - Parameter target: `nil` for what can be no target.
    mutating func keep(_ error: DialError, of target: Target?) {
        let key = target.map(Key.init) ?? .none(error.target.lowercased())
        entries.removeAll { $0.key == key }
        if entries.count >= Self.limit { entries.removeFirst() }
        entries.append((key, error))
    }

    /// - Parameter target: of a host and a port, names are equal in either case.
    func error(for target: Target) -> DialError? {
        let key = Key(target)
        return entries.last { $0.key == key }?.error
    }

    /// The last of all.
    var latest: DialError? { entries.last?.error }
}
