// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Calls a closure on each arrival of a signal, until it is cancelled.
///
/// The process keeps one source for each signal, for good: Dispatch installs its handler for the first source alone,
/// and a second call of `signal` would replace it.
@available(FairDial 0.1, *)
final class SignalCall: Sendable {
    private struct Source {
        let source: any DispatchSourceSignal
        var calls: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    private static let sources = NIOLockedValueBox<[CInt: Source]>([:])

    private let number: CInt

    /// Whether a program may have this signal: it is one, and the system delivers it.
    static func isUsable(_ number: CInt) -> Bool {
        // 32 and 33 are the C library's own.
        let reserved: Set<CInt> = [SIGKILL, SIGSTOP, 32, 33]
        return (1...64).contains(number) && !reserved.contains(number)
    }

    init(_ number: CInt, _ body: @escaping @Sendable () -> Void) {
        self.number = number
        let id = ObjectIdentifier(self)
        let new = Self.sources.withLockedValue { sources -> (any DispatchSourceSignal)? in
            if sources[number] != nil {
                sources[number]?.calls[id] = body
                return nil
            }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            sources[number] = Source(source: source, calls: [id: body])
            return source
        }
        guard let new else { return }
        new.setEventHandler {
            for call in Self.sources.withLockedValue({ $0[number].map { Array($0.calls.values) } ?? [] }) { call() }
        }
        // Before `activate`: on Linux Dispatch installs a handler of its own, which this call would replace. On Darwin
        // the source sees a signal that is ignored all the same.
        signal(number, SIG_IGN)
        new.activate()
    }

    func cancel() {
        _ = Self.sources.withLockedValue { $0[number]?.calls.removeValue(forKey: ObjectIdentifier(self)) }
    }
}
