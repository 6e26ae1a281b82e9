// SPDX-License-Identifier: Apache-2.0

import CSockets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The kernel's list of watched descriptors: epoll, or kqueue. It owns its own descriptor alone.
@available(FairDial 0.1, *)
package struct ReadinessQueue: Sendable {
    /// The event to wait for.
    package enum Interest: Sendable {
        /// Bytes, an error or an end; told for as long as they are there.
        case reading
        /// Room, or an error; told once.
        case writingOnce
    }

    /// The most events that one `wait` returns.
    package static let most = 256

    /// Its own descriptor; −1 where there is none to be had, and `errno` says why.
    package let descriptor: CInt

    /// Opens one.
    package init() {
        #if os(Linux)
            var opened = epoll_create1(CInt(EPOLL_CLOEXEC))
            if opened < 0, errno == ENOSYS || errno == EPERM {
                // A system call filter (seccomp) may allow the older call alone.
                opened = epoll_create(1)
                if opened >= 0 { _ = fcntl(opened, F_SETFD, FD_CLOEXEC) }
            }
            descriptor = opened
        #else
            descriptor = kqueue()
        #endif
    }

    /// Gives its descriptor back.
    package func close() { Descriptor.giveBack(descriptor) }

    #if os(Linux)
        /// - Returns: whether the descriptor is on the list; if not, `errno` says why.
        package func add(_ descriptor: CInt, token: UInt64, for interest: Interest) -> Bool {
            let events =
                switch interest {
                case .reading: EPOLLIN.rawValue
                case .writingOnce: EPOLLOUT.rawValue | EPOLLONESHOT.rawValue
                }
            var event = epoll_event(events: events, data: epoll_data_t(u64: token))
            if epoll_ctl(self.descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0 { return true }
            return errno == EEXIST && epoll_ctl(self.descriptor, EPOLL_CTL_MOD, descriptor, &event) == 0
        }

        /// Takes a descriptor off the list, before it is closed or given away.
        package func remove(_ descriptor: CInt) {
            var unused = epoll_event()
            _ = epoll_ctl(self.descriptor, EPOLL_CTL_DEL, descriptor, &unused)
        }

        /// Waits, and returns the tokens of the descriptors that are ready; −1 waits without a limit.
        package func wait(milliseconds: CInt) -> [UInt64] {
            withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.most) { events in
                let count = epoll_wait(descriptor, events.baseAddress, CInt(events.count), milliseconds)
                return count > 0 ? events.prefix(Int(count)).map { $0.data.u64 } : []
            }
        }
    #else
        package func add(_ descriptor: CInt, token: UInt64, for interest: Interest) -> Bool {
            switch interest {
            case .reading: change(descriptor, filter: EVFILT_READ, flags: EV_ADD, token: token)
            case .writingOnce: change(descriptor, filter: EVFILT_WRITE, flags: EV_ADD | EV_ONESHOT, token: token)
            }
        }

        package func remove(_ descriptor: CInt) {
            _ = change(descriptor, filter: EVFILT_WRITE, flags: EV_DELETE, token: 0)
            _ = change(descriptor, filter: EVFILT_READ, flags: EV_DELETE, token: 0)
        }

        private func change(_ descriptor: CInt, filter: Int32, flags: Int32, token: UInt64) -> Bool {
            var event = Darwin.kevent(
                ident: UInt(descriptor),
                filter: Int16(filter),
                flags: UInt16(flags),
                fflags: 0,
                data: 0,
                udata: UnsafeMutableRawPointer(bitPattern: UInt(token))
            )
            return kevent(self.descriptor, &event, 1, nil, 0, nil) == 0
        }

        package func wait(milliseconds: CInt) -> [UInt64] {
            var limit = timespec(tv_sec: Int(milliseconds) / 1_000, tv_nsec: Int(milliseconds) % 1_000 * 1_000_000)
            return withUnsafeTemporaryAllocation(of: Darwin.kevent.self, capacity: Self.most) { events in
                let count = withUnsafePointer(to: &limit) { limit in
                    kevent(descriptor, nil, 0, events.baseAddress, CInt(events.count), milliseconds < 0 ? nil : limit)
                }
                return count > 0 ? events.prefix(Int(count)).map { UInt64(UInt(bitPattern: $0.udata)) } : []
            }
        }
    #endif
}
