// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch
import FairDial
import FairDialConsole
import Foundation
import NameResolution

/// Prints every lookup in flight on standard error when the process gets SIGUSR1: who is stuck, on which server, for
/// how long.
///
/// ```
/// $ kill -USR1 PID
/// 2 lookups in flight
///   slow.test  3.2 s  dns, asked 10.0.0.53:53  4 waiting
///   gone.test  12.1 s  system  abandoned
/// ```
final class LookupDump: Sendable {
    private let source: any DispatchSourceSignal

    init(of dialer: Dialer) {
        source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
        source.setEventHandler {
            let lookups = dialer.lookupsInFlight
            StandardStreams.complain("\(lookups.count) lookup\(lookups.count == 1 ? "" : "s") in flight")
            for lookup in lookups { StandardStreams.complain("  \(lookup)") }
        }
        // Before `activate`: on Linux Dispatch installs a handler of its own, which this call would replace. On Darwin
        // the source sees a signal that is ignored all the same.
        signal(SIGUSR1, SIG_IGN)
        source.activate()
    }

    func end() {
        source.cancel()
    }
}
