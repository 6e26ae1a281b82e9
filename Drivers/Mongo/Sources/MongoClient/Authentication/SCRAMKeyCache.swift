// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Keys that were derived before, of one client's one credential: a pool that grows derives them once.
final class SCRAMKeyCache: Sendable {
    struct Key: Hashable, Sendable {
        let hash: SCRAM.Hash
        let challenge: SCRAM.Challenge
    }

    /// Each member of a replica set has the same salt; a server that makes up a new one each time gains nothing.
    private static let limit = 8
    private let known = NIOLockedValueBox<[(key: Key, keys: SCRAMKeys)]>([])

    subscript(key: Key) -> SCRAMKeys? {
        known.withLockedValue { known in known.first { $0.key == key }?.keys }
    }

    func add(_ keys: SCRAMKeys, for key: Key) {
        known.withLockedValue { known in
            guard !known.contains(where: { $0.key == key }) else { return }
            if known.count >= Self.limit { known.removeFirst() }
            known.append((key, keys))
        }
    }
}
