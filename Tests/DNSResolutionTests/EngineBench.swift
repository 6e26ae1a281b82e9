// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore

@testable import DNSResolution

/// An engine whose clock is the test's, and whose reader too: the test calls `nextSleep` and `turn`.
final class EngineBench: ResolverMachine, DatagramTransport, StreamTransport {
    private struct Silence: OpenStream {
        func send(_ message: [UInt8]) {}
        func close() {}
    }

    private let time = NIOLockedValueBox(Duration.zero)
    private let sent = NIOLockedValueBox(0)
    let sockets = SocketCensus()
    let streamLedger = StreamLedger()
    let isPrivate = false

    /// How many datagrams have gone out.
    var sentCount: Int { sent.withLockedValue { $0 } }

    /// The time since the engine began.
    var elapsed: Duration {
        get { time.withLockedValue { $0 } }
        set { time.withLockedValue { $0 = newValue } }
    }

    func makeEngine(search: [String] = []) -> DNSEngine {
        let server = NameServer(Endpoint(address: .v4(IPv4Address(bits: 0x0A00_0001)), port: 53))
        var configuration = QueryConfiguration(servers: [server])
        configuration.searchList = SearchList(search)
        return DNSEngine(configuration, over: self, on: self)
    }

    // MARK: The machine

    var now: NIODeadline { .uptimeNanoseconds(1) + .nanoseconds(Int64(elapsed / .nanoseconds(1))) }
    var coarseNow: NIODeadline { now }
    func watchNetwork() -> @Sendable () -> Bool { { false } }
    func makeGenerator() -> any RandomNumberGenerator & Sendable { SeededGenerator(seed: 1) }
    func freeDescriptors(upTo wanted: Int) -> Int { wanted }
    func makeDatagrams() -> any DatagramTransport { self }

    // MARK: The network

    func startReading(for receiver: any DatagramReceiver) -> ReaderFailure? { nil }
    func wakeReader() {}
    func open(_ port: QueryClient.Carrier, to server: NameServer) -> Int32? { nil }
    func send(_ message: [UInt8], on port: QueryClient.Carrier) -> Int32? {
        sent.withLockedValue { $0 += 1 }
        return nil
    }
    func close(_ port: QueryClient.Carrier) {}
    func open(_ server: NameServer, _ tell: @escaping @Sendable (StreamEvent) -> Void) -> any OpenStream { Silence() }
}
