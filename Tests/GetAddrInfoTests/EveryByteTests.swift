// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import GetAddrInfo
    import Glibc
    import Testing

    /// Control characters, NULs, bytes that are no UTF-8: whatever stands in a host or service, we say what the call
    /// says.
    @Suite struct `Every byte, everywhere` {
        private static let hosts = ["127.0.0.1", "0x7f.1", "::1", "fe80::1%lo", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4%7"]
        private static let services = ["80", " 80", "-0", "65537"]

        private func agree(_ host: [UInt8], _ service: [UInt8], _ flags: Int32) -> Bool {
            let hints = AddressInfoHints(socketType: 1, flags: flags | AI_NUMERICHOST | AI_NUMERICSERV)
            return host.withUnsafeBufferPointer { host in
                service.withUnsafeBufferPointer { service in
                    let ours = AddressInfoQuestion.numericAnswer(host: host, service: service, hints: hints)
                    switch AddressInfoCall.getaddrinfo(host: host, service: service, hints: hints) {
                    case .success(let entries): return ours == .answered(entries)
                    case .failure(let error): return ours == .failed(error)
                    }
                }
            }
        }

        /// The text with a byte put in at each place, and in the place of each byte.
        private func neighbours(_ text: String, _ byte: UInt8) -> [[UInt8]] {
            let bytes = Array(text.utf8)
            let inserted = (0...bytes.count).map { Array(bytes[..<$0]) + [byte] + bytes[$0...] }
            let replaced = bytes.indices.map { Array(bytes[..<$0]) + [byte] + bytes[($0 + 1)...] }
            return inserted + replaced
        }

        @Test(arguments: hosts)
        func `a host with any byte at any place`(host: String) {
            for byte in UInt8.min...UInt8.max {
                for text in neighbours(host, byte) where !agree(text, Array("80".utf8), 0) {
                    Issue.record("\(String(decoding: text, as: UTF8.self)), byte \(byte)")
                }
            }
        }

        @Test(arguments: services)
        func `a service with any byte at any place`(service: String) {
            for byte in UInt8.min...UInt8.max {
                for text in neighbours(service, byte) {
                    // Digits that glibc takes for negative are a lookup, for which it reads the services file.
                    guard !agree(Array("127.0.0.1".utf8), text, 0), !isNegative(text) else { continue }
                    Issue.record("\(String(decoding: text, as: UTF8.self)), byte \(byte)")
                }
            }
        }

        private func isNegative(_ service: [UInt8]) -> Bool {
            service.contains(UInt8(ascii: "-"))
        }

        @Test(arguments: [0, 1, 15, 16, 64 << 10, 1 << 20])
        func `a host or a service of any length`(count: Int) {
            // A megabyte of each would take minutes without optimisation.
            let pieces = ["1", ":", "%", "0", "a", ".", "\0", "\u{7f}", "\u{ff11}", "1.", "1:", "::", "0x"]
            for piece in count > 100_000 ? pieces.prefix(3) : pieces[...] {
                let text = Array(repeatElement(Array(piece.utf8), count: count).joined().prefix(count))
                #expect(agree(text, Array("80".utf8), 0), "host \(piece)")
                #expect(agree(Array("fe80::1%".utf8) + text, Array("80".utf8), 0), "zone \(piece)")
                guard !text.contains(UInt8(ascii: "1")) || count < 10 else { continue }
                #expect(agree(Array("127.0.0.1".utf8), text, 0), "service \(piece)")
            }
        }
    }
#endif
