// SPDX-License-Identifier: Apache-2.0

import CSockets
import NIOConcurrencyHelpers
import SystemSupport

/// Whether this machine's interfaces, addresses or routes have changed since the last look.
///
/// On Linux the kernel announces changes (rtnetlink(7)), and a look is one `recv` that does not wait. Elsewhere nothing
/// is seen.
@available(FairDial 0.1, *)
final class NetworkWatch: Sendable {
    private let descriptor = NIOLockedValueBox<CInt?>(nil)

    /// The first look begins the watch, and sees no change.
    func hasChanged() -> Bool {
        #if os(Linux)
            descriptor.withLockedValue { descriptor in
                if let descriptor { return fairdial_interfaces_changed(descriptor) != 0 }
                let opened = fairdial_watch_interfaces()
                // Without a descriptor there is none to watch with; the next look tries again.
                if opened >= 0 { descriptor = opened }
                return false
            }
        #else
            false
        #endif
    }

    deinit {
        if let descriptor = descriptor.withLockedValue({ $0 }) { Descriptor.giveBack(descriptor) }
    }
}
