// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the channels on both sides of a door are set.
@available(FairDial 0.1, *)
enum DoorChannel {
    /// What is read at a time, in bytes: as much as has come lately, and this much at most. Where a read brings this
    /// much there is more, and a `KernelPipe` moves that; where there are none, larger reads cost less.
    #if os(Linux)
        static let readLimit = 65_536
    #else
        static let readLimit = 262_144
    #endif
    /// Above this many bytes a side takes no more until half of it has been sent: beside the kernel's own buffers, this
    /// and one read are all that a slow reader costs, unless the other side has ended: then NIO reads at once all
    /// that the kernel has of it.
    private static let writeLimit = 262_144

    /// Sets a channel, on its loop, before it is active: it reads when it is told to, and outlives its peer's end.
    static func prepare(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.autoRead, value: false)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: readLimit)
        try options.setOption(.recvAllocator, value: allocator)
        // One: what it says of the other side's readiness is looked at after each.
        try options.setOption(.maxMessagesPerRead, value: 1)
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: writeLimit / 2, high: writeLimit)
        try options.setOption(.writeBufferWaterMark, value: mark)
    }

    /// Lets a channel's close be a reset, on its loop: what is not sent is dropped.
    static func makeCloseReset(_ channel: any Channel) {
        // A Unix domain socket knows no reset, and closes as ever.
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}
