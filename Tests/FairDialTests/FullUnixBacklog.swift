// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A listening Unix domain socket that has no room for another connection until one is accepted.
final class FullUnixBacklog: Sendable {
    private let listening: CInt
    private let fillers: [CInt]

    init(_ path: String) throws {
        listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        let descriptor = listening
        guard call({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 0) == 0 else { throw POSIXError(.EADDRINUSE) }
        var fillers: [CInt] = []
        while true {
            let filler = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            fillers.append(filler)
            if call({ connect(filler, $0, $1) }) != 0 { break }
        }
        self.fillers = fillers
    }

    /// Accepts every connection that has come by now.
    func acceptAll() {
        while true {
            let accepted = accept(listening, nil, nil)
            if accepted < 0 { return }
            close(accepted)
        }
    }

    func stop() {
        for filler in fillers { close(filler) }
        close(listening)
    }
}
