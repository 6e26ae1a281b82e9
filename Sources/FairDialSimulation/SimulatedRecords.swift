// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// The lookup of a service's records in a run: chance says what it brings, and when.
final class SimulatedRecords: LookupHandle, @unchecked Sendable {
    private unowned let dial: SimulatedDial
    private let receive: @Sendable (RecordEvent) -> Void
    private var isInFlight = true

    init(for dial: SimulatedDial, _ receive: @escaping @Sendable (RecordEvent) -> Void) {
        self.dial = dial
        self.receive = receive
    }

    func begin() {
        let world = dial.world
        let dice = world.dice
        dial.asksRecords()
        if dice.chance(6) {
            let shortage = ResolutionError(.noDescriptor, "no descriptor to ask with")
            world.clock.after(dice.milliseconds(0...20)) { self.tell(.ended(.failure(shortage))) }
            return
        }
        let start = dice.chance(70) ? 0 : dice.milliseconds(0...1_500)
        if start == 0 { tell(.started) } else { world.clock.after(start) { self.tell(.started) } }
        let time = start + (dice.chance(80) ? dice.milliseconds(0...200) : dice.milliseconds(200...9_000))
        switch dice.number(0..<100) {
        // 4 %: it never answers.
        case 0..<4: break
        case 4..<10:
            let error = ResolutionError(dice.chance(50) ? .nameNotFound : .temporaryFailure, "no SRV records")
            world.clock.after(time) { self.tell(.ended(.failure(error))) }
        default:
            let records = records(dice)
            world.clock.after(time) {
                let all = records.map { Record(name: .root, timeToLive: 60, data: $0) }
                self.tell(.ended(.success(RecordAnswer(records: all, name: .root, timeToLive: 60))))
            }
        }
    }

    /// A few targets of a few priorities; some twice, some without a port, or none at all.
    private func records(_ dice: Dice) -> [SRVRecord] {
        if dice.chance(5) { return [SRVRecord(priority: 0, weight: 0, port: 0, target: .root)] }
        return (0..<dice.number(1..<6)).map { _ in
            guard let name = try? DomainName(dice.pick(SimulatedCourse.names)) else {
                preconditionFailure("the world's names are names")
            }
            return SRVRecord(
                priority: UInt16(dice.number(1..<4)),
                weight: UInt16(dice.number(0..<3)),
                port: dice.chance(8) ? 0 : dice.chance(50) ? 443 : 8_443,
                target: name
            )
        }
    }

    private func tell(_ event: RecordEvent) {
        guard isInFlight else { return }
        if case .ended(let result) = event {
            isInFlight = false
            dial.hasRecords(try? result.get())
        }
        receive(event)
    }

    func cancel() -> Bool {
        if isInFlight { dial.hasRecords(nil) }
        isInFlight = false
        return true
    }
}
