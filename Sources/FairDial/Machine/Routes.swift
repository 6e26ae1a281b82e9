// SPDX-License-Identifier: Apache-2.0

package import IPAddresses
package import NameResolution

/// What a dial must know of the machine that it runs on, to put addresses into order: the kernel says it, or a table
/// in a test. It sends nothing and does not wait. An object, because every dial keeps a reference.
@available(FairDial 0.1, *)
package protocol Routes: AnyObject, Sendable {
    /// Each address with the one that this machine would send from.
    func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate]
}

/// Without a kernel: all addresses rank equal.
@available(FairDial 0.1, *)
final class NoRoutes: Routes {
    func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] {
        addresses.map { DestinationOrder.Candidate(destination: $0, source: nil) }
    }
}
