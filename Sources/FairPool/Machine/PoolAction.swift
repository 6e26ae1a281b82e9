// SPDX-License-Identifier: Apache-2.0

import FairDial
package import IPAddresses

/// What a pool's machine wants done, in order.
@available(FairDial 0.1, *)
package enum PoolAction: Sendable {
    /// Dial this target, with an admission, at these addresses, in this order; without any, by its name. Report `asks`,
    /// then `connected` or `failed`.
    case dial(PoolDialID, target: Int, to: [Endpoint])
    /// The dial may start its attempts; it is the connection of that number now.
    case admit(PoolDialID, PooledConnectionID)
    /// No caller needs this dial any more; report how it ends all the same.
    case cancel(PoolDialID)
    /// Look the target's name up; report `lookedUp`.
    case lookUp(Int)
    /// The pool is closed: end this lookup, and report it all the same.
    case cancelLookUp(Int)
    /// The caller has this connection.
    case hand(PooledConnectionID, PoolWaiterID)
    /// The caller gets none.
    case fail(PoolWaiterID, PoolFailure)
    /// See whether a connection that was idle for long still lives; report `checked`.
    case check(PooledConnectionID)
    /// Close it; nothing has to be reported. By force past its handlers, which may wait for a peer that says nothing.
    case close(PooledConnectionID, byForce: Bool)
    /// The time of the pool's close is over: whatever channel has not closed by now is closed by force.
    case closeRest
    /// Tell the observers.
    case tell(PoolEvent)
    /// Every connection is closed, and every dial has ended.
    case finish
}

@available(FairDial 0.1, *)
extension PoolAction: CustomStringConvertible {
    /// `dial 1 to 0`, `hand 3 to 7`: for tests, and a simulated run's story.
    package var description: String {
        switch self {
        case .dial(let id, let target, let endpoints):
            (["dial \(id) to \(target)" + (endpoints.isEmpty ? "" : " at")] + endpoints.map { "\($0)" })
                .joined(separator: " ")
        case .admit(let id, let connection): "admit \(id) as \(connection)"
        case .cancel(let id): "cancel \(id)"
        case .lookUp(let target): "look up \(target)"
        case .cancelLookUp(let target): "cancel the lookup of \(target)"
        case .hand(let id, let waiter): "hand \(id) to \(waiter)"
        case .fail(let waiter, .dial(let error)): "fail \(waiter): \(error.code.rawValue)"
        case .fail(let waiter, let failure): "fail \(waiter): \(failure)"
        case .check(let id): "check \(id)"
        case .close(let id, let isByForce): "close \(id)" + (isByForce ? " by force" : "")
        case .closeRest: "close the rest"
        case .tell(let event): "tell \(event)"
        case .finish: "finish"
        }
    }
}
