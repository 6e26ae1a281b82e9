// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The ports that the kernel gives to sockets that ask for none.
enum LocalPort {
    /// A socket's own.
    static func of(_ descriptor: CInt) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return status == 0 ? UInt16(bigEndian: address.sin_port) : nil
    }

    /// All that there are.
    static var ephemeralRange: ClosedRange<UInt16>? {
        let path = "/proc/sys/net/ipv4/ip_local_port_range"
        let words = (try? String(contentsOfFile: path, encoding: .utf8))?.split(whereSeparator: \.isWhitespace)
        guard let words, words.count == 2, let low = UInt16(words[0]), let high = UInt16(words[1]) else { return nil }
        return low...high
    }
}
