// SPDX-License-Identifier: Apache-2.0

import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import Testing

@testable import DNSResolution

/// A socket of the kernel's transport that always has more than one turn reads.
final class DatagramFlood: DatagramReceiver {
    private struct State: Sendable {
        var peer: sockaddr_in?
        var turns = 0
        var isOver = false
        var end: CheckedContinuation<Int, Never>?
    }

    /// The reader is given up after so many turns.
    private static let mostTurns = 100

    private let server: CInt
    private let port: UInt16
    private let transport = KernelDatagrams()
    private let state = NIOLockedValueBox(State())

    init() throws {
        server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { [server] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(server >= 0 && status == 0)
        port = try #require(LocalPort.of(server))
    }

    deinit { close(server) }

    /// - Returns: how many turns it took until the transport said that it had read everything.
    func run() async -> Int {
        await withCheckedContinuation { continuation in
            state.withLockedValue { $0.end = continuation }
            let failure = transport.startReading(for: self)
            let number = transport.open(1, to: NameServer(Endpoint(address: .v4(.loopback), port: port)))
            precondition(failure == nil && number == nil, "there is no reader, or no socket")
            _ = transport.send([0], on: 1)
            learnPeer()
            pour()
        }
    }

    private func learnPeer() {
        var (byte, peer) = (UInt8(0), sockaddr_in())
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(server, &byte, 1, 0, $0, &length) }
        }
        precondition(count == 1, "what was sent does not come")
        state.withLockedValue { $0.peer = peer }
    }

    /// Sends more than one turn reads.
    private func pour() {
        guard var peer = state.withLockedValue({ $0.peer }) else { return }
        withUnsafePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                for _ in 0..<200 { _ = sendto(server, [1], 1, 0, address, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
        }
    }

    func nextSleep() -> Duration? { state.withLockedValue { $0.isOver } ? nil : .milliseconds(100) }

    func turn(_ events: [(port: QueryClient.Carrier, event: DatagramEvent)], isEverything: Bool, wasWoken: Bool) {
        if events.isEmpty { return }
        pour()
        let (end, turns) = state.withLockedValue { state -> (CheckedContinuation<Int, Never>?, Int) in
            state.turns += 1
            guard isEverything || state.turns == Self.mostTurns else { return (nil, 0) }
            defer { state.end = nil }
            state.isOver = true
            return (state.end, state.turns)
        }
        guard let end else { return }
        transport.close(1)
        end.resume(returning: turns)
    }
}
