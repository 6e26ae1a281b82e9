// SPDX-License-Identifier: Apache-2.0

import FairDialDoor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A client that blocks its caller's thread, so that none is made for it: for processes whose threads are counted.
struct Knock {
    private let peer: Peer

    init(at door: Door) throws {
        peer = try Peer(to: door.address)
    }

    /// Sends what the door takes; it may hang up in the middle.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                #if canImport(Darwin)
                    write(peer.descriptor, $0.baseAddress, $0.count)
                #else
                    Self.send(peer.descriptor, $0)
                #endif
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func send(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        #elseif canImport(Musl)
            Musl.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        #else
            0
        #endif
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Asks for a tunnel, and reads nothing.
    func ask(_ door: Door, for authority: String) {
        let authorization = door.secret?.authorization ?? ""
        send("CONNECT \(authority) HTTP/1.1\r\nProxy-Authorization: \(authorization)\r\n\r\n")
    }

    /// Reads at most so many bytes, until there are no more.
    func read(_ limit: Int) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < limit {
            let count = recv(peer.descriptor, &buffer, min(buffer.count, limit - bytes.count), 0)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func endOutput() { peer.endOutput() }
    func makeCloseReset() { peer.makeCloseReset() }
}
