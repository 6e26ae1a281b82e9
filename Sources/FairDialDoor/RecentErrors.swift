// SPDX-License-Identifier: Apache-2.0

import FairDial

/// The last error of each target, for the targets that failed last.
@available(FairDial 0.1, *)
struct RecentErrors: Sendable {
    /// A client asks right after its failure: more than this are not looked for.
    static let limit = 256

    /// The newest last.
    private var entries: [(target: String, error: DialError)] = []

    mutating func keep(_ error: DialError) {
        let target = error.target.lowercased()
        entries.removeAll { $0.target == target }
        if entries.count >= Self.limit { entries.removeFirst() }
        entries.append((target, error))
    }

    /// - Parameter target: as the error has it; names are equal in either case.
    func error(for target: String) -> DialError? {
        let target = target.lowercased()
        return entries.last { $0.target == target }?.error
    }

    /// The last of all.
    var latest: DialError? { entries.last?.error }
}
