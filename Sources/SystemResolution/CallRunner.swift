// SPDX-License-Identifier: Apache-2.0

package import IPAddresses
package import NameResolution

/// What the system's resolver needs of its surroundings: a clock that wakes, and calls that may block. Threads, or a
/// simulation.
@available(FairDial 0.1, *)
package protocol CallRunner: AnyObject, Sendable {
    /// The time, from a start of the runner's own.
    var now: Duration { get }

    /// How many threads there are, idle ones included.
    var threadCount: Int { get }

    /// Makes room for the sockets of this many calls, before they come.
    func makeRoom(forDescriptors count: Int)

    /// Makes a call, and tells when it has begun and what it has brought, each once and in this order, on any thread.
    ///
    /// - Returns: the system's error number when no thread can make the call, and no event will come; else `nil`.
    func call(
        _ name: String,
        _ families: AddressFamilies,
        began: @escaping @Sendable () -> Void,
        returned: @escaping @Sendable (Result<[IPAddress], ResolutionError>) -> Void
    ) -> Int32?

    /// Goes off at a time, or not at all for `nil`; the last call counts.
    func wake(at time: Duration?, _ ring: @escaping @Sendable () -> Void)
}
