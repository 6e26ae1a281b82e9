// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOConcurrencyHelpers
import NIOCore

/// The dials of a client that have begun and not ended, for the errors of operations that cannot wait for them any
/// longer.
final class DialsUnderWay: Sendable {
    fileprivate struct Dial {
        let address: ServerAddress
        let isOfMonitor: Bool
        let began: NIODeadline
        var attempted: NIODeadline?
        var connected: NIODeadline?
    }

    private struct State {
        /// By their numbers, which grow: no more than the pools and the monitors have begun.
        var dials: [UInt64: Dial] = [:]
        var last: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    /// A dial begins; its options are set so that its stages are known.
    ///
    /// - Returns: its number, for `ended`.
    func begin(to address: ServerAddress, isOfMonitor: Bool, _ options: inout DialOptions) -> UInt64 {
        let dial = Dial(address: address, isOfMonitor: isOfMonitor, began: .now())
        let number = state.withLockedValue { state in
            state.last += 1
            state.dials[state.last] = dial
            return state.last
        }
        let (onStart, onWinner) = (options.onStart, options.onWinner)
        options.onStart = {
            self.state.withLockedValue { $0.dials[number]?.attempted = .now() }
            onStart?()
        }
        options.onWinner = { winner in
            self.state.withLockedValue { $0.dials[number]?.connected = .now() }
            onWinner?(winner)
        }
        return number
    }

    func ended(_ number: UInt64) {
        state.withLockedValue { $0.dials[number] = nil }
    }

    /// What is to be said of the oldest dial to a server: which stage it is in, and where its time has gone; `nil`
    /// where there is none.
    func error(to address: ServerAddress, isOfMonitor: Bool, at now: NIODeadline = .now()) -> DialError? {
        let oldest = state.withLockedValue { state in
            state.dials.filter { $0.value.address == address && $0.value.isOfMonitor == isOfMonitor }
                .min { $0.key < $1.key }?.value
        }
        return oldest?.error(at: now)
    }
}

extension DialsUnderWay.Dial {
    fileprivate func error(at now: NIODeadline) -> DialError {
        func time(_ start: NIODeadline, _ end: NIODeadline) -> Duration {
            .nanoseconds(max((end - start).nanoseconds, 0))
        }
        let report = DialReport(
            lookup: time(began, attempted ?? now),
            connect: attempted.map { time($0, connected ?? now) } ?? .zero,
            handshake: connected.map { time($0, now) }
        )
        let words =
            if let handshake = report.handshake {
                "it is connected, and its handshake has taken \(handshake.rounded) so far"
            } else if attempted != nil {
                "its dial has taken \(report.connect.rounded) so far"
            } else {
                "the lookup of its name has taken \(report.lookup.rounded) so far"
            }
        return DialError(.deadlineExceeded, words, target: address.description, report: report)
    }
}
