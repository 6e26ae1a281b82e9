// SPDX-License-Identifier: Apache-2.0

/// Whether a client may be accepted, where descriptors are few.
///
/// A client that is accepted is owed a second descriptor, for its dial, and may be owed it for as long as its name's
/// lookup takes. Were all who wait accepted, they could take the last descriptor, and then none of them could be dialed
/// for until the dials' timeouts had ended. Those who are not accepted wait in the kernel's queue, which costs nothing.
@available(FairDial 0.1, *)
enum AcceptRoom: Hashable, Sendable {
    /// There are many: nothing need be counted.
    case plenty
    /// One more, and then it is to be asked again.
    case one
    /// None: those who are inside need what there is.
    case none

    /// - Parameters:
    ///   - free: how many descriptors the process may still open.
    ///   - owed: how many have been let in and are not connected to their targets yet.
    init(free: Int, owed: Int) {
        self = free >= Self.wanted(owed: owed) ? .one : .none
    }

    /// How many descriptors must be free: one for each who is owed one, and two for one more client. Where nobody is
    /// owed any, a client may come in all the same: it is told when its dial's queue timeout has ended without one.
    static func wanted(owed: Int) -> Int { owed == 0 ? 0 : owed + 2 }
}
