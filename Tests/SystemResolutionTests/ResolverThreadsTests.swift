// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers
import NameResolution
import SystemSupport
import TestHelpers
import Testing

@testable import SystemResolution

@Suite struct `Threads that may block` {
    @Test func `one that is idle is taken before another is started`() {
        let starts = NIOLockedValueBox(0)
        let threads = ResolverThreads(idleTime: .seconds(60), stackSize: 256 * 1024) { stackSize, body in
            starts.withLockedValue { $0 += 1 }
            return DetachedThread.start(stackSize: stackSize, body)
        }
        for round in 1...5 {
            let done = DispatchSemaphore(value: 0)
            #expect(threads.run { { _ = done.signal() } } == nil)
            #expect(done.wait(timeout: .now() + 30) == .success)
            #expect(Patience.until { threads.idleCount == 1 }, "round \(round)")
        }
        #expect(starts.withLockedValue { $0 } == 1)
        #expect(threads.count == 1)
    }

    @Test func `a thread that cannot be had is not counted, and its job does not run`() {
        let threads = ResolverThreads(idleTime: .milliseconds(1), stackSize: 65_536) { _, _ in EAGAIN }
        #expect(threads.run { { Issue.record("the job ran") } } == EAGAIN)
        #expect(threads.count == 0)
    }

    @Test func `stacks are small, signals are blocked, and the thread has a name`() {
        let found = NIOLockedValueBox<(stack: Int, isBlocked: Bool, name: String)?>(nil)
        let done = DispatchSemaphore(value: 0)
        let threads = ResolverThreads(idleTime: .milliseconds(1), stackSize: 256 * 1024)
        let failure = threads.run {
            var blocked = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &blocked)
            let line = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            found.withLockedValue { $0 = (StackSize.ofThisThread, sigismember(&blocked, SIGTERM) == 1, line) }
            return { done.signal() }
        }
        #expect(failure == nil)
        #expect(done.wait(timeout: .now() + 30) == .success)
        let thread = found.withLockedValue { $0 }
        #expect(thread?.stack == 256 * 1024)
        #expect(thread?.isBlocked == true)
        #expect(thread?.name == "fairdial-dns\n")
        #expect(Patience.until { threads.count == 0 })
    }
}

/// What the system says of this thread's stack.
private enum StackSize {
    private typealias GetAttributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> CInt

    static var ofThisThread: Int {
        // Behind _GNU_SOURCE, which Swift's module does not set.
        guard let symbol = dlsym(nil, "pthread_getattr_np") else { return -1 }
        let getAttributes = unsafeBitCast(symbol, to: GetAttributes.self)
        return withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
            guard let attributes = buffer.baseAddress, getAttributes(pthread_self(), attributes) == 0 else { return -1 }
            defer { pthread_attr_destroy(attributes) }
            var size = 0
            pthread_attr_getstacksize(attributes, &size)
            return size
        }
    }
}

@Suite struct `The alarm` {
    @Test func `rings at its time, on a thread that leaves afterwards`() {
        let rung = DispatchSemaphore(value: 0)
        let alarm = Alarm(start: DetachedThread.start)
        alarm.set(.now + .milliseconds(5)) { rung.signal() }
        #expect(rung.wait(timeout: .now() + 30) == .success)
        alarm.set(.now + .milliseconds(5)) { rung.signal() }
        #expect(rung.wait(timeout: .now() + 30) == .success)
    }

    @Test func `an earlier time overtakes a later one, and nil takes it back`() {
        let rung = DispatchSemaphore(value: 0)
        let alarm = Alarm(start: DetachedThread.start)
        alarm.set(.now + .seconds(3_600)) { rung.signal() }
        alarm.set(.now + .milliseconds(5)) { rung.signal() }
        #expect(rung.wait(timeout: .now() + 30) == .success)
        let ended = DispatchSemaphore(value: 0)
        let second = Alarm { stackSize, body in
            DetachedThread.start(stackSize: stackSize) {
                body()
                ended.signal()
            }
        }
        second.set(.now + .seconds(3_600)) { Issue.record("it rang") }
        second.set(nil) { Issue.record("it rang") }
        #expect(ended.wait(timeout: .now() + 30) == .success)
    }
}
