// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A listening socket that is as full as it can be: a further connect stays pending until a connection is accepted.
///
/// The kernel drops the handshake's packets while the backlog is full, and the client's kernel sends them again after a
/// second: a connection that really takes its time, on loopback.
final class FullBacklog: Sendable {
    let port: Int
    private let listening: CInt
    private let fillers: [CInt]
    private let fillerPorts: Set<Int>

    init() throws {
        // It does not block: what was there to be accepted may be gone again.
        listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listening
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) + listen(descriptor, 0) + getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        var fillers: [CInt] = []
        // A backlog of 0 has room for one; a second and a third are under way for good.
        for _ in 0..<3 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(filler, $0, length) }
            }
            fillers.append(filler)
        }
        self.fillers = fillers
        fillerPorts = Set(fillers.map(Self.localPort))
    }

    /// Accepts connections until a new one has come; blocks the thread, for a minute at most.
    ///
    /// - Returns: whether one has come. Where handshakes meet, the kernel may answer one with a cookie (it logs "SYN
    ///   flooding") and drop what comes back, for the backlog is full: then the dial is connected with nothing.
    func acceptSomebodyNew() -> Bool {
        var kept: [CInt] = []
        defer { for descriptor in kept { close(descriptor) } }
        while true {
            var ready = pollfd(fd: listening, events: Int16(POLLIN), revents: 0)
            // A dropped handshake comes again after one, three and seven seconds.
            guard poll(&ready, 1, 8_000) == 1 else { return false }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let accepted = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.accept(listening, $0, &length) }
            }
            if accepted < 0, errno == EAGAIN, kept.count < 8 { continue }
            guard accepted >= 0 else { return false }
            kept.append(accepted)
            if !fillerPorts.contains(Int(UInt16(bigEndian: address.sin_port))) { return true }
        }
    }

    private static func localPort(of descriptor: CInt) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func stop() {
        for filler in fillers { close(filler) }
        close(listening)
    }
}
