// SPDX-License-Identifier: Apache-2.0

/// The record that led to a destination that was tried; an object, for endings are passed on by every dial and few have
/// one.
@available(FairDial 0.1, *)
package final class WinningRecord: Sendable {
    /// The service binding; `nil` where none led there.
    package let binding: ServiceBinding?
    /// The SRV target; `nil` where none led there.
    package let target: SRVTarget?

    /// The server's name, where that is not the target's or the host's.
    let serverName: String?

    init(binding: ServiceBinding? = nil, target: SRVTarget? = nil, serverName: String? = nil) {
        self.serverName = serverName
        self.binding = binding
        self.target = target
    }
}
