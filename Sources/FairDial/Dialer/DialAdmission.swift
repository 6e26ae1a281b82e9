// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// One dial that has its first address, and waits to be admitted before its first attempt starts.
///
/// For an owner of many dials that bounds how many connect at a time, and wants a lookup that hangs to count for
/// nothing (`DialOptions.admission`).
@available(FairDial 0.1, *)
public final class DialAdmission: Sendable {
    private let tell: NIOLockedValueBox<(@Sendable () -> Void)?>

    init(_ tell: @escaping @Sendable () -> Void) {
        self.tell = NIOLockedValueBox(tell)
    }

    /// The dial may start its attempts, as many as its race wants. From any thread; a second call does nothing, nor
    /// does one after the dial has ended.
    public func admit() {
        let tell = tell.withLockedValue { tell in
            defer { tell = nil }
            return tell
        }
        tell?()
    }
}
