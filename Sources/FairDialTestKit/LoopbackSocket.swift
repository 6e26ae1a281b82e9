// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The three system calls that ports of a test need.
@available(FairDial 0.1, *)
enum LoopbackSocket {
    /// A TCP socket, below zero when there is none.
    static func make() -> CInt {
        #if canImport(Glibc)
            socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
            socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    /// A socket that is bound to a port of the system's choice; `nil` when the system has none.
    static func bound() -> (descriptor: CInt, port: Int)? {
        let descriptor = make()
        guard descriptor >= 0 else { return nil }
        var address = address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard status == 0 else {
            close(descriptor)
            return nil
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Begins to connect; the result is not awaited.
    static func connect(_ descriptor: CInt, to port: Int) {
        var address = address(port: UInt16(truncatingIfNeeded: port))
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                #if canImport(Glibc)
                    _ = Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                #elseif canImport(Musl)
                    _ = Musl.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                #elseif canImport(Darwin)
                    _ = Darwin.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                #endif
            }
        }
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
