// SPDX-License-Identifier: Apache-2.0

public import NameResolution

/// How many names the system's resolver is asked for at once, and how.
public struct SystemResolverConfiguration: Hashable, Sendable {
    /// The line and its places; a thread per place that is taken. Default: 512 places and 8 kept ones, fewer where the
    /// process may open fewer descriptors, since each call needs a socket of its own.
    public var line: FairLine.Configuration

    /// How long a call for both families may be silent before a second call asks for IPv4 alone, if fewer than half of
    /// the places are taken; `nil` for never. Default 2 s: later than a healthy answer, well before the C library's own
    /// retry after 5 s.
    public var secondCallDelay: Duration?

    /// How long a thread without work stays. Default 10 s.
    public var idleTime: Duration

    /// Each thread's stack, in bytes. Default 256 KiB: glibc keeps at most 64 KiB of a look-up on the stack, and other
    /// modules of the name-service switch want room too. Only touched pages cost memory.
    public var stackSize: Int

    /// The defaults.
    public init(
        line: FairLine.Configuration = FairLine.Configuration(places: Self.defaultPlaces),
        secondCallDelay: Duration? = .seconds(2),
        idleTime: Duration = .seconds(10),
        stackSize: Int = 256 * 1024
    ) {
        self.line = line
        self.secondCallDelay = secondCallDelay
        self.idleTime = idleTime
        self.stackSize = stackSize
    }

    /// 512, or what the limit on open descriptors leaves after 64 for everything else; 8 at least.
    public static var defaultPlaces: Int {
        let most = 512
        guard let limit = DescriptorTable.limit, limit < most + 64 else { return most }
        return max(8, limit - 64)
    }
}
