// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A descriptor that is closed when its owner goes, unless it has been taken.
@available(FairDial 0.1, *)
struct OwnedDescriptor: ~Copyable {
    let number: CInt

    init(_ number: CInt) {
        self.number = number
    }

    /// From now on it is the caller's to close.
    consuming func take() -> CInt {
        let number = number
        discard self
        return number
    }

    deinit {
        close(number)
    }
}
