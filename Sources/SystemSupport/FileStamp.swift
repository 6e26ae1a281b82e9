// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One state of one file, as `stat` tells it.
@available(FairDial 0.1, *)
package struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    /// In bytes.
    package let size: Int64
    private let modified: Duration
    private let changed: Duration

    /// Whether it is a file with contents: no folder, pipe or device.
    package let isRegularFile: Bool

    /// The coarsest step in which a file system tells the time.
    private static let coarsestStep = Duration.seconds(2)
    /// The same of those that tell parts of a second: a tick of the kernel's clock is a tenth of it at most.
    private static let fineStep = Duration.milliseconds(100)

    /// Whether its file system tells parts of a second. Where it does not, every time is a whole number of them.
    private let isFine: Bool

    /// - Returns: `nil` when there is no file to be seen; `errno` says why.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let (modification, change) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modification, change) = (status.st_mtim, status.st_ctim)
        #endif
        modified = .seconds(modification.tv_sec) + .nanoseconds(modification.tv_nsec)
        changed = .seconds(change.tv_sec) + .nanoseconds(change.tv_nsec)
        isFine = modification.tv_nsec != 0 && change.tv_nsec != 0
        isRegularFile = status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether any change from now on will have another time than the last one.
    ///
    /// A clock that has been set back has left the last change far ahead: until it comes there, any change will have an
    /// earlier time.
    func isSettled(at now: Duration) -> Bool {
        now - changed > step || changed - now > step
    }

    /// Until when that is so; `nil` for ever.
    func settledUntil(from now: Duration) -> Duration? {
        changed > now ? changed - step : nil
    }

    private var step: Duration { isFine ? Self.fineStep : Self.coarsestStep }

    /// The time of day, as files are stamped with it.
    @Sendable
    package static func now() -> Duration {
        WallClock.now
    }
}
