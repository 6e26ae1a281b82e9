// SPDX-License-Identifier: Apache-2.0

/// A dial on its way to its event loop.
///
/// A loop that has been shut down drops what it is to execute, without a word: then this is let go of, and has not
/// arrived.
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
        // The last holder is the only one who has it, and sees what the loop did before.
        if !driver.isOnLoop { driver.dispatchWasLost() }
    }
}
