// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NameResolution
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded

/// A resolver that answers from a table, on a manual clock; a name that is not in the table does not exist.
///
/// A resolver that hangs is charged to the clock that a real one would be charged to: `hangs` to the lookup, `waits` to
/// the queue. For answers one event at a time, use `ScriptedResolver`.
@available(FairDial 0.1, *)
public final class ScriptedNames: AddressResolver {
    /// How a name's lookup goes.
    public enum Script: Sendable {
        /// Starts at once, and ends with these addresses after the delay. No address is "no data".
        case addresses([IPAddress], after: Duration = .zero)
        /// Starts at once, and fails after the delay.
        case fails(ResolutionError, after: Duration = .zero)
        /// Starts at once and never ends: it runs into the lookup timeout.
        case hangs
        /// Waits for a slot and never starts: it runs into the queue timeout.
        case waits

        /// Starts at once, and ends with these addresses.
        ///
        /// - Throws: `AddressParseError` for the first text that is no address.
        public static func addresses(_ texts: String..., after delay: Duration = .zero) throws -> Script {
            .addresses(try texts.map { try IPAddress($0) }, after: delay)
        }
    }

    private let clock: ManualClock
    private let resolver = ScriptedResolver()
    private let scripts: NIOLockedValueBox<[String: Script]>

    /// - Parameters:
    ///   - clock: what the delays run on.
    ///   - scripts: how the lookup of each name goes; letters are equal in either case.
    public init(on clock: ManualClock, _ scripts: [String: Script] = [:]) {
        self.clock = clock
        self.scripts = NIOLockedValueBox(Dictionary(scripts.map { ($0.lowercased(), $1) }) { first, _ in first })
    }

    /// How the next lookup of a name goes; `nil` for a name that does not exist.
    public subscript(name: String) -> Script? {
        get { scripts.withLockedValue { $0[name.lowercased()] } }
        set { scripts.withLockedValue { $0[name.lowercased()] = newValue } }
    }

    /// Every lookup that was asked for, in order.
    public var lookups: [ScriptedLookup] { resolver.lookups }

    /// Begins a lookup as its name's script says.
    public func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        let lookup = resolver.begin(question, for: fairnessKey, receive)
        let script = self[question.name] ?? .fails(ResolutionError(.nameNotFound, "no script for this name"))
        if case .waits = script { return lookup }
        after(.zero) { lookup.start() }
        switch script {
        case .waits, .hangs: break
        case .addresses(let addresses, let delay):
            let wanted = addresses.filter { question.families.contains($0.family) }
            after(delay) {
                lookup.answer(wanted)
                lookup.end()
            }
        case .fails(let error, let delay): after(delay) { lookup.end(error) }
        }
        return lookup
    }

    /// These are no sleepers of the clock's: a test that waits for a dial's timers need not count them.
    private func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) {
        if delay > .zero {
            clock.backing.scheduleTask(in: .nanoseconds(delay.boundedNanoseconds), body)
        } else {
            clock.backing.execute(body)
        }
    }
}
