// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses

@available(FairDial 0.1, *)
extension PoolError {
    /// What the machine says, with what a person on call wants to know beside it.
    ///
    /// - Parameters:
    ///   - waited: how long the caller has waited.
    ///   - timeout: how long it may.
    ///   - size: how the pool stands.
    ///   - lastError: of the last dial that failed.
    init(
        _ failure: PoolFailure,
        waited: Duration,
        of timeout: Duration,
        _ size: PoolSize,
        _ lastError: DialError?
    ) {
        switch failure {
        case .timeout:
            let reason = lastError.map { "; the last dial failed: \($0)" } ?? ""
            let message = "no connection within \(timeout.readable) (\(size))\(reason)"
            self.init(.waitTimeout, message, waited: waited, dialError: lastError)
        case .queueFull:
            self.init(.queueFull, "too many callers wait for a connection (\(size))", waited: waited)
        case .cleared:
            self.init(.paused, "the pool was cleared (\(size))", waited: waited, dialError: lastError)
        case .paused: self.init(.paused, "the pool is paused", waited: waited, dialError: lastError)
        case .closed: self.init(.closed, "the pool is closed", waited: waited)
        case .dial(let error):
            self.init(
                .dialFailed,
                "the connection could not be made (\(size)): \(error)",
                waited: waited,
                dialError: error
            )
        }
    }
}
