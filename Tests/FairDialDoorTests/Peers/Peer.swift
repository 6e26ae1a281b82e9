// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDialDoor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A client with blocking calls, on threads of their own, each of which ends after a minute at most.
final class Peer: Sendable {
    struct Failure: Error {
        let call: String
        let number: CInt
    }

    /// What a read brought.
    enum Reading: Equatable {
        case bytes(Int)
        case end
        case reset
        case timeout
        case failed(CInt)
    }

    let descriptor: CInt

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit {
        close(descriptor)
    }

    /// Connects to a door.
    convenience init(to address: DoorAddress) throws {
        switch address {
        case .port(let port): try self.init(toPort: Int(port))
        case .path(let path): try self.init(toPath: path)
        }
    }

    convenience init(toPort port: Int, family: CInt = AF_INET) throws {
        self.init(socket(family, CInt(SOCK_STREAM.rawValue), 0))
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 16 : 28)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: sa_family_t(family), as: sa_family_t.self) }
        (bytes[2], bytes[3]) = (UInt8(port >> 8), UInt8(port & 255))
        // 127.0.0.1, or the same mapped.
        let place = family == AF_INET ? 4 : 20
        (bytes[place], bytes[place + 3]) = (127, 1)
        if family != AF_INET { (bytes[18], bytes[19]) = (255, 255) }
        try connect(bytes)
    }

    convenience init(toPath path: String) throws {
        self.init(socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0))
        var bytes = [UInt8](repeating: 0, count: 2)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self) }
        try connect(bytes + Array(path.utf8) + [0])
    }

    private func connect(_ address: [UInt8]) throws {
        let status = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address -> CInt in
                guard let address = address.baseAddress else { return -1 }
                #if canImport(Glibc)
                    return Glibc.connect(descriptor, address, socklen_t(bytes.count))
                #elseif canImport(Musl)
                    return Musl.connect(descriptor, address, socklen_t(bytes.count))
                #else
                    return Darwin.connect(descriptor, address, socklen_t(bytes.count))
                #endif
            }
        }
        if status != 0 { throw Failure(call: "connect", number: errno) }
    }

    /// Runs a blocking call where no task needs the thread.
    private func offPool<Result: Sendable>(_ body: @escaping @Sendable (Peer) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body(self) }) }
        }
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await offPool { peer in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { write(peer.descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw Failure(call: "write", number: errno) }
                sent += count
            }
        }
    }

    private func readNow(into buffer: inout [UInt8], upTo limit: Int = .max) -> Reading {
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, min($0.count, limit), 0) }
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return switch errno {
        case ECONNRESET: .reset
        case EAGAIN: .timeout
        default: .failed(errno)
        }
    }

    /// Reads once, and forgets what it was.
    func readOnce(upTo count: Int) async throws -> Reading {
        try await offPool { peer in
            var buffer = [UInt8](repeating: 0, count: count)
            return peer.readNow(into: &buffer)
        }
    }

    /// Reads as many bytes, or until there are no more.
    func readBytes(_ count: Int) async throws -> [UInt8] {
        try await offPool { peer in
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: min(65_536, count))
            while bytes.count < count {
                guard case .bytes(let read) = peer.readNow(into: &buffer, upTo: count - bytes.count) else { break }
                bytes += buffer[..<read]
            }
            return bytes
        }
    }

    /// Reads as many bytes of text, or until there are no more.
    func read(_ count: Int) async throws -> String {
        String(decoding: try await readBytes(count), as: UTF8.self)
    }

    /// Reads until something ends it.
    func readAll() async throws -> (text: String, end: Reading) {
        try await offPool { peer in
            var bytes: [UInt8] = []
            while true {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let reading = peer.readNow(into: &buffer)
                guard case .bytes(let count) = reading else {
                    return (String(decoding: bytes, as: UTF8.self), reading)
                }
                bytes += buffer[..<count]
            }
        }
    }

    /// Asks an HTTP door for a tunnel.
    ///
    /// - Returns: the head of its answer.
    func ask(_ door: Door, for authority: String, and more: String = "") async throws -> String {
        let authorization = door.secret?.authorization ?? ""
        try await send("CONNECT \(authority) HTTP/1.1\r\nProxy-Authorization: \(authorization)\r\n\r\n\(more)")
        return try await offPool { peer in
            var head: [UInt8] = []
            var byte: [UInt8] = [0]
            while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), case .bytes = peer.readNow(into: &byte) {
                head += byte
            }
            return String(decoding: head, as: UTF8.self)
        }
    }

    func endOutput() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Lets the connection end by a reset when this goes.
    func makeCloseReset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}
