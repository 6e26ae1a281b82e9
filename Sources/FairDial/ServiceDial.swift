// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// What a driver keeps besides where service bindings are wanted; an object, so that other dials do not carry it. Touched where the
/// driver is.
final class ServiceDial {
    /// What the look-ups have brought.
    var lookups: ServiceLookups

    /// The look-ups of bindings' targets that have no end yet, by name.
    var targets: [String: any LookupUnderWay] = [:]

    /// How the host's own look-up ended, where that of a target goes on.
    var hostEnd: ResolutionError??

    /// Why a target could not be looked up; the first one.
    var targetError: ResolutionError?

    init(_ lookups: ServiceLookups) {
        self.lookups = lookups
    }
}
