// SPDX-License-Identifier: Apache-2.0

import FairDial
import NameResolution
import SystemSupport

/// The names of a pool's targets are looked up again when their answers are over.
@available(FairDial 0.1, *)
extension ConnectionPool {
    /// The targets whose names are followed. Bindings say more than addresses, and a dial by address would lose it.
    static func followed(
        _ targets: [Target],
        _ configuration: PoolConfiguration,
        _ options: DialOptions
    ) -> Set<Int> {
        guard configuration.followsNames, options.bindings == nil else { return [] }
        return Set(targets.indices.filter { targets[$0].isName })
    }

    func lookUp(_ target: Int) {
        // Whichever caller's task this is, the lookup is not part of what that one does.
        let task = DialScope.$isOwn.withValue(true) {
            Task {
                let answer = await answer(for: targets[target])
                update { $0.machine.lookedUp(target, answer, at: $1, &$2) }
            }
        }
        state.withMachine { $0.lookUps[target] = task }
    }

    private func answer(for target: Target) async -> PoolAnswer? {
        guard let host = target.host, let port = target.port else { return nil }
        var options = options
        // These are the dials'; a lookup of the pool's own ends with the pool.
        (options.admission, options.cancellation) = (nil, nil)
        guard let answer = try? await dialer.resolve(host, port: Int(port), options: options) else { return nil }
        return PoolAnswer(
            answer.endpoints,
            lifetime: answer.expires.map { $0 - .now },
            silent: answer.incomplete,
            isFixed: answer.source == .numeric || answer.source == .override
        )
    }
}
