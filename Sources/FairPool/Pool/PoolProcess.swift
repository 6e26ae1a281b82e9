// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process that a pool was made in. A child that was forked has the pool's memory and its sockets, and neither its
/// loops nor its peers: what it wrote would come between the parent's words.
@available(FairDial 0.1, *)
struct PoolProcess: Sendable {
    private let id = getpid()

    /// Whether it is this one.
    var isCurrent: Bool { getpid() == id }
}
