// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What ends a descriptor, by a name that hides no method called `close`.
@available(FairDial 0.1, *)
package enum Descriptor {
    /// Closes a descriptor that has no other owner.
    ///
    /// An error is not looked at. On Linux the number is free also after EINTR and EIO (close(2)): another thread may
    /// have it by now, and a second call would close that one's descriptor.
    package static func giveBack(_ descriptor: CInt) {
        _ = close(descriptor)
    }
}
