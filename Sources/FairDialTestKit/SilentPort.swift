// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A TCP port of 127.0.0.1 that never answers: an attempt to connect there is neither accepted nor refused.
///
/// It listens with the shortest queue there is, fills that itself, and accepts nothing: the kernel then drops every
/// further attempt (Linux; unproven on Darwin). An attempt to connect to a `SilentPort` hangs; a `RefusingPort` refuses
/// it at once.
@available(FairDial 0.1, *)
public final class SilentPort: Sendable {
    /// The port's number.
    public let number: Int

    private let descriptors: [CInt]

    /// Takes a port; `nil` when the system has none to give, or no descriptors.
    public init?() {
        guard let listener = LoopbackSocket.bound() else { return nil }
        guard listen(listener.descriptor, 0) == 0 else {
            close(listener.descriptor)
            return nil
        }
        number = listener.port
        var taken = [listener.descriptor]
        // A queue of length 0 has room for one connection, and one more may be on its way into it.
        for _ in 0..<4 {
            let descriptor = LoopbackSocket.make()
            guard descriptor >= 0 else { break }
            taken.append(descriptor)
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            // It connects or it waits: in both cases the queue is full afterwards.
            LoopbackSocket.connect(descriptor, to: listener.port)
        }
        descriptors = taken
        guard taken.count == 5 else { return nil }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
