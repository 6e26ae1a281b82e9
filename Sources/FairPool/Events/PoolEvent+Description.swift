// SPDX-License-Identifier: Apache-2.0

import IPAddresses

@available(FairDial 0.1, *)
extension PoolEvent: CustomStringConvertible {
    /// One line for a log: `connection 7 is ready after 4 ms`.
    public var description: String {
        switch self {
        case .ready: "ready"
        case .cleared(interruptsUse: false): "cleared"
        case .cleared(interruptsUse: true): "cleared, with those in use"
        case .closed: "closed"
        case .connectionCreated(let id): "connection \(id) begins"
        case .connectionReady(let id, let after): "connection \(id) is ready after \(after.readable)"
        case .connectionClosed(let id, let reason): "connection \(id) is closed: \(reason.rawValue)"
        case .checkOutStarted: "a caller wants a connection"
        case .checkOutFailed(let failure, let after):
            "a caller gets no connection after \(after.readable): \(failure.rawValue)"
        case .checkedOut(let id, let after): "connection \(id) is lent after \(after.readable)"
        case .checkedIn(let id, let after): "connection \(id) is back after \(after.readable)"
        case .eventsDropped(let count): "\(count) events were not told"
        }
    }
}
