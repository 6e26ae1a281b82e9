// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A TCP port of 127.0.0.1 that is taken and not listened on: every connection there is refused, and no other process
/// can come to listen there as long as the value lives. On a `SilentPort` an attempt to connect hangs instead.
@available(FairDial 0.1, *)
public final class RefusingPort: Sendable {
    /// The port's number.
    public let number: Int

    private let descriptor: CInt

    /// Takes a port; `nil` when the system has none to give.
    public init?() {
        guard let socket = LoopbackSocket.bound() else { return nil }
        (descriptor, number) = socket
    }

    deinit {
        close(descriptor)
    }
}
