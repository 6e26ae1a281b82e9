// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Tracing

/// Which span shows a lookup, for the dials that shared it. The latest lookups alone: those that share one end at about
/// the same time.
@available(FairDial 0.1, *)
final class LookupLinks: Sendable {
    private struct Kept: Sendable {
        /// How many lookups are remembered.
        static let limit = 1_024

        private(set) var spans: [UInt64: ServiceContext] = [:]
        /// A ring, in the order in which they came.
        private var order: [UInt64] = []
        private var oldest = 0

        mutating func keep(_ span: ServiceContext, for lookup: UInt64) {
            spans[lookup] = span
            if order.count < Self.limit {
                order.append(lookup)
            } else {
                spans[order[oldest]] = nil
                order[oldest] = lookup
                oldest = (oldest + 1) % Self.limit
            }
        }
    }

    private let kept = NIOLockedValueBox(Kept())

    /// The spans that show these lookups already; the others are shown by `span` from now on.
    func spans(of lookups: [UInt64], or span: ServiceContext) -> [ServiceContext] {
        if lookups.isEmpty { return [] }
        return kept.withLockedValue { kept in
            var known: [ServiceContext] = []
            for lookup in lookups {
                if let other = kept.spans[lookup] { known.append(other) } else { kept.keep(span, for: lookup) }
            }
            return known
        }
    }
}
