// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What one feed may cost. What a stranger's server sends has an end.
package struct FetchLimits: Sendable {
    /// Bytes of a feed. The XML library makes a tree of it that is many times as large.
    package var bytes = 4 * 1024 * 1024
    /// Redirects that are followed.
    package var redirects = 5
    /// From the request to the last byte of the answer. It is no part of the dial, which has clocks of its own.
    package var exchange = TimeAmount.seconds(15)
    /// Links that are taken out of one feed; later ones are left.
    package var links = 1_000

    package init() {}
}
