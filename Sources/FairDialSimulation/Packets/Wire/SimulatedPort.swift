// SPDX-License-Identifier: Apache-2.0

import DNSResolution

/// A socket for datagrams in a run: where it sends to, and what is in flight to it.
final class SimulatedPort {
    /// What a packet is, which the resolver cannot see.
    enum Kind {
        case genuine(PacketReply.Meaning, to: PacketQuery, about: Int?)
        case forged(PacketForgery)
        case madeUp(AdversaryMessage)
    }

    struct Arrival {
        let time: UInt64
        let event: DatagramEvent
        let kind: Kind
    }

    let carrier: QueryClient.Carrier
    let server: Int
    let number: UInt16
    /// Everything that was sent from it.
    var sent: [PacketQuery] = []
    /// What comes, and what has come and has not been read.
    var arrivals: [Arrival] = []
    var isOpen = true

    init(_ carrier: QueryClient.Carrier, to server: Int, number: UInt16) {
        self.carrier = carrier
        self.server = server
        self.number = number
    }

    /// Takes what has come by a time, in the order of its coming.
    func take(by now: UInt64) -> [Arrival] {
        guard arrivals.contains(where: { $0.time <= now }) else { return [] }
        let come = arrivals.filter { $0.time <= now }.sorted { $0.time < $1.time }
        arrivals.removeAll { $0.time <= now }
        return come
    }
}
