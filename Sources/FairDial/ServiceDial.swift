// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import NameResolution

/// What a driver keeps besides where service bindings are wanted; an object, so that other dials do not carry it. Touched where the
/// driver is.
final class ServiceDial {
    /// One name on its way.
    struct Target {
        /// `nil` where it waits for a descriptor to be asked for with.
        var lookup: (any LookupUnderWay)?
        /// Whether it has its place.
        var hasStarted = false
    }

    /// What the look-ups have brought.
    var lookups: ServiceLookups

    /// The bindings' targets whose look-ups have no end yet, by name.
    var targets: [String: Target] = [:]

    /// How the host's own look-up ended, where that of a target goes on.
    var hostEnd: ResolutionError??

    /// The bindings of the destinations that have been tried, as they were when that began.
    var bindings: [Destination: WinningBinding] = [:]

    init(_ lookups: ServiceLookups) {
        self.lookups = lookups
    }
}
