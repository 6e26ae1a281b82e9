// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs something on a thread of its own, whose stack has 64 KiB.
enum SmallStack {
    private final class Work {
        let body: () -> Void

        init(_ body: @escaping () -> Void) {
            self.body = body
        }
    }

    /// Returns when `body` has. False if there was no thread to be had.
    static func run(_ body: @escaping () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        guard pthread_attr_setstacksize(&attributes, 64 * 1024) == 0 else { return false }
        let work = Unmanaged.passRetained(Work(body))
        #if canImport(Darwin)
            var thread: pthread_t?
            let result = pthread_create(
                &thread,
                &attributes,
                { argument in
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                },
                work.toOpaque()
            )
            guard result == 0, let thread else { return false }
        #else
            var thread = pthread_t()
            let result = pthread_create(
                &thread,
                &attributes,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                },
                work.toOpaque()
            )
            guard result == 0 else { return false }
        #endif
        pthread_join(thread, nil)
        return true
    }
}
