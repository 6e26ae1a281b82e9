// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The numbers of this process's descriptors, as the system lists them in a folder.
///
/// The folder stays open, so that a process which has no descriptor left can still look.
@available(FairDial 0.1, *)
final class DescriptorFolder: Sendable {
    #if os(Linux)
        private static let path = "/proc/self/fd"
    #else
        private static let path = "/dev/fd"
    #endif

    /// The C library's `DIR`, as a number: it is used under the lock alone, as readdir(3) asks for.
    private let folder: NIOLockedValueBox<UInt>

    /// - Throws: `DialError` with the code `outOfDescriptors` or `invalidOption`.
    init() throws(DialError) {
        guard let folder = opendir(Self.path) else {
            let number = errno
            let isShort = number == EMFILE || number == ENFILE
            let message = "cannot be read: \(String(cString: strerror(number)))"
            throw DialError(isShort ? .outOfDescriptors : .invalidOption, message, target: Self.path)
        }
        self.folder = NIOLockedValueBox(UInt(bitPattern: folder))
    }

    deinit {
        folder.withLockedValue { folder in
            guard let folder = Self.pointer(folder) else { return }
            closedir(folder)
        }
    }

    /// The numbers, the newest of a busy process first: those are high.
    var numbers: [CInt] {
        folder.withLockedValue { folder in
            guard let folder = Self.pointer(folder) else { return [] }
            rewinddir(folder)
            var numbers: [CInt] = []
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 } }
                if let number = CInt(String(decoding: name, as: UTF8.self)) { numbers.append(number) }
            }
            return numbers.reversed()
        }
    }

    #if canImport(Darwin)
        private static func pointer(_ folder: UInt) -> UnsafeMutablePointer<DIR>? { .init(bitPattern: folder) }
    #else
        private static func pointer(_ folder: UInt) -> OpaquePointer? { .init(bitPattern: folder) }
    #endif
}
