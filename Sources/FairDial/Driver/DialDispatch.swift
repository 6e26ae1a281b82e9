// SPDX-License-Identifier: Apache-2.0

/// A dial on its way to its event loop.
///
/// A loop that has been shut down silently drops what it is to execute: then this object is released without `arrive`.
@available(FairDial 0.1, *)
final class DialDispatch: Sendable {
    private let driver: DialDriver

    init(_ driver: DialDriver) {
        self.driver = driver
    }

    /// On the loop.
    func arrive() {
        driver.start()
    }

    deinit {
        // The thread that releases it last is the only owner, and sees what the loop did before.
        if !driver.isOnLoop { driver.dispatchWasLost() }
    }
}
