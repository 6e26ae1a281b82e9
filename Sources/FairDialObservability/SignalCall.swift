// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Calls a closure on each arrival of a signal, until it is cancelled.
@available(FairDial 0.1, *)
final class SignalCall: Sendable {
    private let source: any DispatchSourceSignal

    init(_ number: CInt, _ body: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        // Before `activate`: on Linux Dispatch installs a handler of its own, which this call would replace. On Darwin
        // the source sees a signal that is ignored all the same.
        signal(number, SIG_IGN)
        source.activate()
    }

    func cancel() {
        source.cancel()
    }
}
