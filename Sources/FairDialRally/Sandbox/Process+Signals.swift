// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Process {
    /// Starts it with no signal blocked.
    ///
    /// A task's thread blocks nearly all of them, and a child would inherit that: it could not even be terminated.
    func runWithoutMask() throws {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
