// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A blocking socket: what it costs is the kernel's, so that the door is all that differs.
final class Wire: Sendable {
    struct Failure: Error {
        let call: String
        let number = errno
    }

    let descriptor: CInt

    init(_ descriptor: CInt) throws {
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        self.descriptor = descriptor
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Connects to a port of 127.0.0.1.
    convenience init(to port: Int) throws {
        try self.init(socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
        var address = Self.address(port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { throw Failure(call: "connect") }
    }

    /// Listens on a port of the system's choice.
    static func listener() throws -> (wire: Wire, port: Int) {
        let wire = try Wire(socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(wire.descriptor, $0, length) == 0 ? getsockname(wire.descriptor, $0, &length) : -1
            }
        }
        guard status == 0, listen(wire.descriptor, 64) == 0 else { throw Failure(call: "listen") }
        return (wire, Int(UInt16(bigEndian: address.sin_port)))
    }

    func accepted() throws -> Wire { try Wire(accept(descriptor, nil, nil)) }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Reads once; zero at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count < 0 { throw Failure(call: "recv") }
        return count
    }

    func write(_ buffer: UnsafeRawBufferPointer) throws {
        var left = buffer[...]
        while !left.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: left)
            let count = send(descriptor, part.baseAddress, part.count, CInt(MSG_NOSIGNAL))
            guard count > 0 else { throw Failure(call: "send") }
            left = left.dropFirst(count)
        }
    }

    /// Asks an HTTP door for a tunnel.
    func ask(for port: Int, showing authorization: String) throws {
        let head = "CONNECT 127.0.0.1:\(port) HTTP/1.1\r\nProxy-Authorization: \(authorization)\r\n\r\n"
        try Array(head.utf8).withUnsafeBytes(write)
        var answer = ""
        while !answer.hasSuffix("\r\n\r\n") {
            try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
                guard try read(into: byte) == 1 else { throw Failure(call: "CONNECT") }
                answer.unicodeScalars.append(Unicode.Scalar(byte[0]))
            }
        }
        guard answer.hasPrefix("HTTP/1.1 200 ") else { throw Failure(call: "CONNECT") }
    }
}
