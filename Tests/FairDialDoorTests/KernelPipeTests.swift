// SPDX-License-Identifier: Apache-2.0

#if os(Linux)
    import FairDialTestKit
    import NIOCore
    import Testing

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    @testable import FairDialDoor

    @Suite struct `A pipe of the kernel's` {
        /// Two connected stream sockets, neither of which waits.
        private final class Sockets {
            let (near, far): (CInt, CInt)
            private var isOpen = (near: true, far: true)

            init() throws {
                var ends: [CInt] = [-1, -1]
                let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
                try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
                (near, far) = (ends[0], ends[1])
            }

            deinit {
                if isOpen.near { close(near) }
                if isOpen.far { close(far) }
            }

            func closeFar() {
                close(far)
                isOpen.far = false
            }

            /// Fills one direction; what it takes.
            func filled(_ descriptor: CInt) -> Int {
                var count = 0
                let bytes = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let sent = send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
                    guard sent > 0 else { return count }
                    count += sent
                }
            }
        }

        private func sent(_ bytes: [UInt8], to descriptor: CInt) -> Int {
            send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
        }

        private func received(from descriptor: CInt) -> [UInt8] {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return bytes }
                bytes += buffer[..<count]
            }
        }

        private let pipe: KernelPipe
        private let (source, sink): (Sockets, Sockets)

        init() throws {
            pipe = try #require(KernelPipe())
            (source, sink) = (try Sockets(), try Sockets())
        }

        private func move() -> KernelPipe.Move {
            pipe.move(from: source.far, to: sink.near, allocator: ByteBufferAllocator())
        }

        @Test func `moves what is there, in order, and tells that there is no more`() throws {
            var random = SeededGenerator(seed: 1)
            for _ in 0..<100 {
                let bytes = (0..<Int.random(in: 0...40_000, using: &random)).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                }
                if !bytes.isEmpty { #expect(sent(bytes, to: source.near) == bytes.count) }
                guard case .dry = move() else {
                    Issue.record("not dry")
                    return
                }
                #expect(received(from: sink.far) == bytes)
            }
            source.closeFar()
        }

        @Test func `takes an end for nothing more`() {
            #expect(sent([1, 2], to: source.near) == 2)
            shutdown(source.near, CInt(SHUT_WR))
            guard case .dry = move() else {
                Issue.record("not dry")
                return
            }
            #expect(received(from: sink.far) == [1, 2])
        }

        @Test func `gives back what the other socket does not take, and is empty after it`() {
            let before = sink.filled(sink.near)
            #expect(sent([1, 2, 3], to: source.near) == 3)
            guard case .full(let rest) = move() else {
                Issue.record("not full")
                return
            }
            #expect(Array(rest.readableBytesView) == [1, 2, 3])
            #expect(received(from: sink.far).count == before)
            #expect(sent([4], to: source.near) == 1)
            guard case .dry = move() else {
                Issue.record("not dry")
                return
            }
            #expect(received(from: sink.far) == [4])
        }

        @Test func `knows which socket is broken, and is empty after it`() throws {
            signal(SIGPIPE, SIG_IGN)
            let gone = try Sockets()
            gone.closeFar()
            #expect(sent([1, 2, 3], to: source.near) == 3)
            guard case .sinkFailed = pipe.move(from: source.far, to: gone.near, allocator: ByteBufferAllocator()) else {
                Issue.record("the sink has not failed")
                return
            }
            #expect(sent([4], to: source.near) == 1)
            guard case .dry = move() else {
                Issue.record("not dry")
                return
            }
            #expect(received(from: sink.far) == [4])
            // A socket that is closed with bytes unread resets the other end.
            #expect(sent([5], to: source.far) == 1)
            let other = try Sockets()
            #expect(sent([6], to: other.far) == 1)
            #expect(sent([7], to: other.near) == 1)
            other.closeFar()
            guard case .sourceFailed = pipe.move(from: other.near, to: sink.near, allocator: ByteBufferAllocator())
            else {
                Issue.record("the source has not failed")
                return
            }
        }

        @Test func `cannot be made between what are no sockets, and says so`() throws {
            let folder = open("/", O_RDONLY)
            defer { close(folder) }
            guard case .unable = pipe.move(from: folder, to: sink.near, allocator: ByteBufferAllocator()) else {
                Issue.record("able")
                return
            }
        }
    }
#endif
