// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// A resolver in a run that answers each family when chance says, as a DNS resolver does, and whose lookups can mostly
/// be cancelled.
final class SimulatedNameServer: AddressResolver, @unchecked Sendable {
    private final class Asked: LookupHandle, @unchecked Sendable {
        let server: SimulatedNameServer
        let question: LookupQuestion
        let receive: @Sendable (LookupEvent) -> Void
        var isInFlight = true

        init(
            _ server: SimulatedNameServer,
            _ question: LookupQuestion,
            _ receive: @escaping @Sendable (LookupEvent) -> Void
        ) {
            self.server = server
            self.question = question
            self.receive = receive
        }

        func cancel() -> Bool {
            guard isInFlight else { return true }
            if let waiter = server.world.waiter(for: question) {
                server.world.fault("\(question.name) is cancelled, and \(waiter.name) waits for it")
            }
            if server.world.dice.chance(20) { return false }
            end()
            return true
        }

        func tell(_ event: LookupEvent) {
            guard isInFlight else { return }
            if case .ended = event { end() }
            server.world.story("\(question.name): \(event)")
            receive(event)
        }

        private func end() {
            isInFlight = false
            server.inFlight.removeAll { $0 === self }
        }
    }

    private let world: SimulatedWorld
    private var inFlight: [Asked] = []

    init(in world: SimulatedWorld) {
        self.world = world
    }

    /// How many questions have no end yet.
    var count: Int { inFlight.count }

    func isAsked(_ question: LookupQuestion) -> Bool {
        inFlight.contains { $0.question == question }
    }

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        let asked = Asked(self, question, receive)
        inFlight.append(asked)
        let dice = world.dice
        let start = dice.chance(70) ? 0 : dice.milliseconds(0...1_500)
        if dice.chance(6) {
            let shortage = ResolutionError(.noDescriptor, "no descriptor to ask with")
            world.clock.after(dice.milliseconds(0...20)) { asked.tell(.ended(shortage)) }
            return asked
        }
        world.clock.after(start) { asked.tell(.started) }
        var last = start
        var isWhole = true
        for family in [AddressFamily.ipv6, .ipv4] where question.families.contains(family) {
            guard dice.chance(85) else {
                isWhole = false
                continue
            }
            let time = start + (dice.chance(80) ? dice.milliseconds(0...200) : dice.milliseconds(200...9_000))
            last = max(last, time)
            world.clock.after(time) { asked.tell(.answered(self.answer(to: question, about: family))) }
        }
        if question.service != nil, dice.chance(80) {
            let time = start + (dice.chance(80) ? dice.milliseconds(0...200) : dice.milliseconds(200...9_000))
            last = max(last, time)
            world.clock.after(time) { asked.tell(.bindings(self.bindings(of: question))) }
        }
        let end = last + (dice.chance(50) ? 0 : dice.milliseconds(0...3_000))
        let error = isWhole ? nil : ResolutionError(.temporaryFailure, "one family is silent")
        world.clock.after(end) { asked.tell(.ended(error)) }
        return asked
    }

    /// A few bindings: of the name itself, of other names, with and without hints, some of no use to any dial; or an
    /// alias alone.
    private func bindings(of question: LookupQuestion) -> BindingAnswer {
        let dice = world.dice
        guard let name = try? DomainName(question.name) else { preconditionFailure("\(question.name) is no name") }
        func target() -> DomainName { (try? DomainName(dice.pick(SimulatedCourse.names))) ?? name }
        let records = (0..<dice.number(0..<4)).compactMap { _ -> SVCBRecord? in
            var parameters: [ServiceParameter] = []
            if dice.chance(50) {
                let hints = dice.some(of: SimulatedWorld.addresses)
                for (family, key) in [(AddressFamily.ipv4, ServiceParameter.Key.ipv4Hint), (.ipv6, .ipv6Hint)] {
                    let value = hints.filter { $0.family == family }.flatMap(Self.wire)
                    if !value.isEmpty { parameters.append(ServiceParameter(key: key, value: value)) }
                }
            }
            if dice.chance(30) { parameters.append(ServiceParameter(key: .port, value: [0x20, 0xFB])) }
            if dice.chance(30) {
                // h3 alone, which no dial here speaks, or h2.
                let version = dice.pick([UInt8(ascii: "2"), UInt8(ascii: "3")])
                parameters.append(ServiceParameter(key: .alpn, value: [2, UInt8(ascii: "h"), version]))
                parameters.append(ServiceParameter(key: .noDefaultALPN, value: []))
            }
            guard let all = try? ServiceParameters(parameters) else { preconditionFailure("\(parameters)") }
            return SVCBRecord(
                priority: UInt16(dice.number(1..<3)),
                target: dice.chance(40) ? name : target(),
                parameters: all
            )
        }
        return BindingAnswer(records: records, name: name, alias: dice.chance(15) ? target() : nil)
    }

    private static func wire(_ address: IPAddress) -> [UInt8] {
        switch address {
        case .v4(let bits): withUnsafeBytes(of: bits.bits.bigEndian, Array.init)
        case .v6(let bits, _):
            withUnsafeBytes(of: bits.high.bigEndian, Array.init) + withUnsafeBytes(of: bits.low.bigEndian, Array.init)
        }
    }

    private func answer(to question: LookupQuestion, about family: AddressFamily) -> LookupResult {
        let addresses = world.dice.some(of: SimulatedWorld.addresses.filter { $0.family == family })
        world.announce(addresses, of: question.name)
        return LookupResult(
            families: AddressFamilies(family),
            addresses: addresses,
            isInDestinationOrder: false,
            source: .dns
        )
    }
}
