// SPDX-License-Identifier: Apache-2.0

import CSockets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A thread with a small stack and every signal blocked, which ends with its body.
@available(FairDial 0.1, *)
package enum DetachedThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Starts one.
    ///
    /// - Returns: the system's error number when there is no thread to be had; else `nil`.
    package static func start(stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Int32? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        // A size that the system finds too small is refused, and its own default stays.
        pthread_attr_setstacksize(&attributes, stackSize)
        let argument = Unmanaged.passRetained(Body(body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, &attributes, main, argument.toOpaque())
        guard status != 0 else { return nil }
        argument.release()
        return status
    }

    private static func run(_ argument: UnsafeMutableRawPointer) {
        // Signals belong to the application's own threads.
        var everySignal = sigset_t()
        sigfillset(&everySignal)
        pthread_sigmask(SIG_SETMASK, &everySignal, nil)
        #if os(Linux)
            fairdial_name_thread("fairdial-dns")
        #endif
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
    }

    #if canImport(Darwin)
        private static let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
            run($0)
            return nil
        }
    #else
        private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            if let argument = $0 { run(argument) }
            return nil
        }
    #endif
}
