// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// One dial that has its first address, and waits to be admitted before its first attempt starts
/// (`DialOptions.admission`).
@available(FairDial 0.1, *)
final class DialAdmission: Sendable {
    private let tell: NIOLockedValueBox<(@Sendable () -> Void)?>

    init(_ tell: @escaping @Sendable () -> Void) {
        self.tell = NIOLockedValueBox(tell)
    }

    /// The dial may start its attempts. A second call does nothing.
    @Sendable func admit() {
        let tell = tell.withLockedValue { tell in
            defer { tell = nil }
            return tell
        }
        tell?()
    }
}
