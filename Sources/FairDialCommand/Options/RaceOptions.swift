// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FairDial
import FairDialConsole

/// How addresses are dialed: options of `connect`, which the commands that dial nothing take and do not show.
struct RaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest that all attempts to connect may take together. (default: 10)",
            valueName: "seconds"
        ),
        transform: Seconds.init(reading:)
    )
    var connectTimeout: Seconds?

    @Option(
        help: ArgumentHelp(
            "How long after a silent attempt the next one starts. (default: 0.25)",
            valueName: "seconds"
        ),
        transform: Seconds.init(reading:)
    )
    var attemptDelay: Seconds?

    mutating func validate() throws {
        if let attemptDelay, !RaceConfiguration.attemptDelayBounds.contains(attemptDelay.duration) {
            throw ValidationError("--attempt-delay must be within 0.01 … 2 seconds (RFC 8305 §8)")
        }
    }

    /// The options that were given.
    var given: [String] {
        let given = [("--connect-timeout", connectTimeout != nil), ("--attempt-delay", attemptDelay != nil)]
        return given.filter(\.1).map(\.0)
    }

    /// Puts what was given into a dialer's configuration.
    func apply(to configuration: inout DialerConfiguration) {
        if let connectTimeout { configuration.timeouts.connect = connectTimeout.duration }
        if let attemptDelay { configuration.race.attemptDelay = attemptDelay.duration }
    }
}
