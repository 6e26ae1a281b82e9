// SPDX-License-Identifier: Apache-2.0

public import NameResolution

/// How many names the system's resolver is asked for at once, and how.
@available(FairDial 0.1, *)
public struct SystemResolverConfiguration: Hashable, Sendable {
    /// The queue and its slots; a thread per slot that is taken. Default: 512 slots and 8 reserved ones, fewer where
    /// the process may open fewer descriptors, since each call needs a socket of its own.
    public var queue: QueueConfiguration = QueueConfiguration(slots: Self.defaultSlots)

    /// How long a call for both families may be silent before a second call asks for IPv4 alone, if fewer than half of
    /// the slots are taken; `nil` for never. Default 2 s: later than a healthy answer, well before the C library's own
    /// retry after 5 s.
    public var secondCallDelay: Duration? = .seconds(2)

    /// How long a thread without work stays. Default 10 s.
    public var idleTime: Duration = .seconds(10)

    /// Each thread's stack, in bytes. Default 256 KiB: glibc keeps at most 64 KiB of a lookup on the stack, and other
    /// modules of the name-service switch want room too. Only touched pages cost memory.
    public var stackSize = 256 * 1024

    /// The defaults.
    public init() {}

    package init(
        queue: QueueConfiguration = QueueConfiguration(slots: Self.defaultSlots),
        secondCallDelay: Duration? = .seconds(2),
        idleTime: Duration = .seconds(10),
        stackSize: Int = 256 * 1024
    ) {
        self.queue = queue
        self.secondCallDelay = secondCallDelay
        self.idleTime = idleTime
        self.stackSize = stackSize
    }

    /// 512, or what the limit on open descriptors leaves after 64 for everything else; 8 at least.
    package static var defaultSlots: Int {
        let most = 512
        guard let limit = DescriptorTable.limit, limit < most + 64 else { return most }
        return max(8, limit - 64)
    }
}
