// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairPool
import NIOCore
import NIOPosix

/// An idle connection is taken and given back, one time after the other.
struct IdleRun {
    /// How.
    enum Face: String {
        /// `withConnection`, in a task.
        case task
        /// `checkOutIdle`, on the loop.
        case lease
        /// `checkOut(_:)` with a closure that the caller keeps, on the loop.
        case callback
        /// `withConnection(on:)`, on the loop, with a future that is there already.
        case future
    }

    private struct NoIdleConnection: Error {}

    let pool: ConnectionPool<any Channel>
    private let face: Face
    private let loop: any EventLoop

    init(_ face: Face, port: Int) async throws {
        self.face = face
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var dialing = DialerConfiguration()
        dialing.group = group
        loop = group.next()
        let targets = [try Target(host: "127.0.0.1", port: port)]
        pool = ConnectionPool(to: targets, dialer: Dialer(dialing), PoolConfiguration())
        try await pool.checkOut().giveBack()
    }

    func run(_ count: Int) async throws {
        if case .task = face {
            for _ in 0..<count { try await pool.withConnection { _ in } }
            return
        }
        let (pool, face, loop) = (pool, face, loop)
        try await loop.submit {
            switch face {
            case .task: break
            case .lease:
                for _ in 0..<count {
                    guard let lease = pool.checkOutIdle() else { throw NoIdleConnection() }
                    lease.giveBack()
                }
            case .callback:
                let use: @Sendable (consuming Result<PoolLease<any Channel>, PoolError>) -> Void = { result in
                    if case .success(let lease) = consume result { lease.giveBack() }
                }
                for _ in 0..<count { pool.checkOut(use) }
            case .future:
                let use: @Sendable (PooledConnection<any Channel>) -> EventLoopFuture<Void> = { _ in
                    loop.makeSucceededVoidFuture()
                }
                for _ in 0..<count { _ = pool.withConnection(on: loop, use) }
            }
            guard pool.counts.idle == 1 else { throw NoIdleConnection() }
        }.get()
    }
}
