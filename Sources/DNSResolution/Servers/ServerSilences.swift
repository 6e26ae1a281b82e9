// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// Whether a server that does not answer is down, or only slow with some names.
///
/// A name that the server itself must ask others for may take seconds: all tries of that name are one sign, and so are
/// its neighbours'. Others would be asked of the next server first, which need not know them.
@available(FairDial 0.1, *)
struct ServerSilences: Sendable {
    private struct Silence: Sendable {
        let name: DomainName
        let time: Duration
    }

    /// Signs in a row that say that it is down.
    private static let signLimit = 3
    /// Names that say the same, whatever they are.
    private static let nameLimit = 8
    /// What is silent for this long again is a further sign: the C library goes on to the next server after as long.
    private static let signTime = Duration.seconds(5)
    /// How long one is remembered.
    private static let memory = Duration.seconds(600)

    private var silences: [Silence] = []

    /// A try has not been answered.
    ///
    /// - Returns: whether the server is down, by all signs.
    mutating func note(_ name: DomainName, at now: Duration) -> Bool {
        silences.removeAll { now >= $0.time + Self.memory }
        let isKnown = silences.contains { $0.name == name && now < $0.time + Self.signTime }
        if !isKnown { silences.append(Silence(name: name, time: now)) }
        let isDown = signCount >= Self.signLimit || Set(silences.map(\.name)).count >= Self.nameLimit
        if isDown { silences = [] }
        return isDown
    }

    /// It has answered.
    mutating func end() {
        if !silences.isEmpty { silences = [] }
    }

    /// Names under one parent that are silent together are one.
    private var signCount: Int {
        var latest: [DomainName: Duration] = [:]
        var count = 0
        for silence in silences {
            let parent = silence.name.parent ?? .root
            if let last = latest[parent], silence.time < last + Self.signTime { continue }
            latest[parent] = silence.time
            count += 1
        }
        return count
    }
}
