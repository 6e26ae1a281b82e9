// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses

/// Where a server of a run says what its seed makes up.
extension SimulatedInternet {
    var hasAdversary: Bool { !adversaries.isEmpty }

    /// A server's adversary makes up what to say to a datagram; `false` where the server has none.
    func makesUp(_ query: PacketQuery, from port: SimulatedPort, of datagrams: SimulatedDatagrams) -> Bool {
        guard let adversary = adversaries[port.server] else { return false }
        let server = servers[port.server]
        for act in adversary.acts(on: query, isStream: false, of: server) {
            let event: DatagramEvent
            let kind: SimulatedPort.Kind
            switch act.kind {
            case .message(let message): (event, kind) = (.message(message.bytes), .madeUp(message))
            case .failed(let number): (event, kind) = (.failed(number), .genuine(.complaint, to: query, about: nil))
            case .close: continue
            }
            // Sometimes to another port that has a query for the same server.
            let time = run.clock.now + server.roundTrip + act.delay
            let other = datagrams.ports.last { $0.server == port.server && $0 !== port }
            let isMismatched = act.delay % 16 == 1
            datagrams.arrives(
                SimulatedPort.Arrival(time: time, event: event, kind: kind),
                at: isMismatched ? other ?? port : port
            )
        }
        return true
    }

    /// After each event: the servers' messages have caused no more work than the bound.
    func checkWork(_ load: @autoclosure () -> QueryLoad) {
        guard hasAdversary else { return }
        guard work.hasHappened else { return }
        if let excess = work.excess(load(), engines: engineCount) { run.fault(excess) }
        work.begin()
    }

    /// The zone's names among those that a name may have led to.
    private func places(among names: Set<[UInt8]>, from name: Int) -> Set<Int> {
        book.hasAnything ? Set(zone.names.indices) : Set(names.compactMap(zone.index) + zone.chain(from: name))
    }

    /// A lookup is told these addresses of a family.
    func checkBelievedOfAdversary(_ addresses: [IPAddress], _ type: UInt16, of name: Int) {
        let names = book.names(from: zone.chain(from: name).map { zone.names[$0].wire })
        let places = places(among: names, from: name)
        let given = places.flatMap { place in
            zone.chain(from: place).flatMap { wire.tallies(of: $0, type) }.flatMap {
                $0.tally.given + $0.tally.inUnusable
            }
        }
        for address in addresses where !given.contains(address) && !book.gives(address, to: names) {
            run.fault("\(zone.names[name].text) type \(type): \(address) is believed, and no server has said so of it")
        }
    }

    /// Nothing is believed to be there.
    func checkDeniedByAdversary(_ types: [UInt16], of name: Int) {
        let names = book.names(from: zone.chain(from: name).map { zone.names[$0].wire })
        let places = places(among: names, from: name)
        let isDenied = places.contains { place in
            zone.chain(from: place).contains { name in
                [PacketZone.typeA, PacketZone.typeAAAA].contains { type in
                    wire.tallies(of: name, type).contains { $0.tally.hasDenied }
                }
            }
        }
        guard !isDenied, !book.denies(names) else { return }
        run.fault("\(zone.names[name].text) type \(types): nothing is believed to be there, and no server has said so")
    }
}
