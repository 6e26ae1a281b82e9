// SPDX-License-Identifier: Apache-2.0

#if os(Linux)
    import TestHelpers
    import Testing

    @testable import FairDialDoor

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    @Suite(.timeLimit(.minutes(15))) struct `The kernel's count of bytes` {
        /// A connection on loopback: its reader, and the descriptor of its writer.
        private static func connection() throws -> (reader: Peer, writer: CInt)? {
            let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isListening = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, length) == 0 && listen(listener, 1) == 0
                        && getsockname(listener, $0, &length) == 0
                }
            }
            guard isListening else { return nil }
            let reader = try Peer(toPort: Int(UInt16(bigEndian: address.sin_port)))
            let writer = accept(listener, nil, nil)
            return writer < 0 ? nil : (reader, writer)
        }

        @Test func `grows as a slow reader takes what was sent long ago, and only then`() async throws {
            let (reader, writer) = try #require(try Self.connection())
            defer { close(writer) }
            // As much as the kernel takes.
            let chunk = [UInt8](repeating: 1, count: 1 << 16)
            var sent = 0
            while case let count = send(writer, chunk, chunk.count, CInt(MSG_DONTWAIT)), count > 0 {
                sent += count
            }
            // The reader's side takes what it has room for, and then no more.
            var last: UInt64 = 0
            var looks = 0
            for _ in 0..<500 where looks < 10 {
                try await Task.sleep(for: .milliseconds(20))
                let count = MovedBytes.count(on: writer)
                // On a busy machine the kernel takes a rest, too.
                looks = count > 0 && count == last ? looks + 1 : 0
                last = count
            }
            #expect(last > 0 && last < UInt64(sent))
            // The reader's kernel has what the writer's has seen taken, and counts the greeting as well.
            #expect((last...last + 1).contains(MovedBytes.count(on: reader.descriptor)))
            while MovedBytes.count(on: writer) == last, case .bytes = try await reader.readOnce(upTo: 1 << 20) {}
            #expect(MovedBytes.count(on: writer) > last)
        }

        @Test func `is none of a Unix domain socket, and of no socket`() {
            var ends: [CInt] = [-1, -1]
            #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
            #expect(MovedBytes.count(on: ends[0]) == 0)
            for end in ends { close(end) }
            #expect(MovedBytes.count(on: -1) == 0)
        }
    }
#endif
