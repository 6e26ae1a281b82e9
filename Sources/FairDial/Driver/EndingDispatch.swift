// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// What a dial has ended with, on its way to its event loop.
///
/// A loop that has been shut down silently drops what it is to execute: then this object is released with its socket
/// still in it, and closes it.
@available(FairDial 0.1, *)
final class EndingDispatch: Sendable {
    private let ending: NIOLockedValueBox<DialDriver.Ending?>
    private let lost: @Sendable (DialError) -> Void

    private init(_ ending: DialDriver.Ending, lost: @escaping @Sendable (DialError) -> Void) {
        self.ending = NIOLockedValueBox(ending)
        self.lost = lost
    }

    /// - Parameters:
    ///   - arrived: called on the loop.
    ///   - lost: called instead where the loop has been shut down, mostly before this returns.
    static func send(
        _ ending: DialDriver.Ending,
        to loop: any EventLoop,
        arrived: @escaping @Sendable (DialDriver.Ending) -> Void,
        lost: @escaping @Sendable (DialError) -> Void
    ) {
        let dispatch = EndingDispatch(ending, lost: lost)
        loop.execute {
            if let ending = dispatch.take() { arrived(ending) }
        }
    }

    private func take() -> DialDriver.Ending? {
        ending.withLockedValue { ending in
            defer { ending = nil }
            return ending
        }
    }

    deinit {
        switch take() {
        case nil: return
        case .failed(let error)?: lost(error)
        case .descriptor(let descriptor, let destination, _, let report)?:
            KernelConnector.close(descriptor)
            let message = "its event loop was shut down before it was handed the socket"
            lost(DialError(.eventLoopShutdown, message, target: "\(destination)", report: report))
        case .channel?, .addresses?: return
        }
    }
}
