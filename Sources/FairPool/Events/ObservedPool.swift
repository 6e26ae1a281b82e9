// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers

/// Which pool it is that an observer is told of.
@available(FairDial 0.1, *)
public struct ObservedPool: Hashable, Sendable, Identifiable {
    /// The pool's number in this process: 1, 2, 3 … in the order in which pools are made.
    public let id: UInt64

    /// `PoolConfiguration.name`; where that is not set, the first target, and how many others there are:
    /// `db.example.org:5432 and 2 more`.
    public let name: String

    /// How many connections are kept even when nobody needs them.
    public let minimumSize: Int

    /// How many connections there are at most.
    public let maximumSize: Int

    private static let count = NIOLockedValueBox<UInt64>(0)

    /// For tests of an observer.
    ///
    /// - Parameters:
    ///   - name: what it is called.
    ///   - minimumSize: how many connections are kept even when nobody needs them.
    ///   - maximumSize: how many connections there are at most.
    public init(name: String, minimumSize: Int = 0, maximumSize: Int = 100) {
        id = Self.count.withLockedValue { count in
            count += 1
            return count
        }
        self.name = name
        self.minimumSize = minimumSize
        self.maximumSize = maximumSize
    }

    init(_ configuration: PoolConfiguration, to targets: [Target]) {
        let limits = PoolLimits(configuration)
        let others = targets.count > 1 ? " and \(targets.count - 1) more" : ""
        let name = configuration.name ?? "\(targets.first.map { "\($0)".withoutUserInfo } ?? "nothing")\(others)"
        self.init(name: name, minimumSize: limits.minimum, maximumSize: limits.maximum)
    }
}
