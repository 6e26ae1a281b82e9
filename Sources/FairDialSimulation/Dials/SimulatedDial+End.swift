// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NIOCore

/// A dial's end, and whether it fits everything that came before it.
extension SimulatedDial {
    func end(_ ending: DialDriver.Ending) {
        let now = world.clock.now
        if endedAt != nil { world.fault("\(name) ends twice") }
        endedAt = now
        switch ending {
        case .channel(_, let destination, _, let report):
            world.story("\(name) is connected to \(destination): \(report)")
            if course.goal != .channel { world.fault("\(name) brings a channel") }
            if initializerRuns != 1 { world.fault("\(name): the initializer ran \(initializerRuns) times") }
            check(report, wonBy: destination)
            // The caller uses it for a while.
            world.clock.after(world.dice.milliseconds(0...50)) { self.channel?.close(promise: nil) }
        case .descriptor(let descriptor, let destination, _, let report):
            world.story("\(name) has a socket to \(destination): \(report)")
            if course.goal != .socket { world.fault("\(name) brings a socket") }
            guard let socket = racing(descriptor), socket.progress(at: now) == .connected else {
                return world.fault("\(name) brings a socket that is not connected")
            }
            if socket.watch != nil { world.fault("\(name) brings a socket that is watched") }
            leavesRace(socket)
            socket.stage = .closed
            check(report, wonBy: destination)
        case .addresses(let addresses, let report, _):
            world.story("\(name) has its answer: \(addresses)")
            if course.goal != .answer { world.fault("\(name) brings an answer") }
            if addresses.isEmpty || addresses.contains(where: { !told.contains($0) && !course.knows($0) }) {
                world.fault("\(name) answers \(addresses), and was told \(told)")
            }
            if course.isVetted { checkVetoes(of: addresses, report) }
            check(report, wonBy: nil)
        case .failed(let error):
            world.story("\(name) has failed: \(error.message)")
            check(error)
        }
        for socket in sockets where socket.stage == .racing { world.fault("\(name) left \(socket.destination) open") }
        if case .failed = ending, let channel, channel.isActive {
            // It is left to an initializer that is still at work, for a while.
            guard isInitializing else { return world.fault("\(name) failed and left its channel open") }
            let name = name
            world.clock.after(11_000_000_000) { [world] in
                if channel.isActive { world.fault("\(name) failed and left its channel to the initializer for ever") }
            }
        }
        if !questions.isEmpty || service.isAsked {
            world.fault("\(name) has ended, and its lookup has not been left")
        }
        if elapsed > bound + world.lateness { world.fault("\(name) took \(elapsed), and might take \(bound)") }
        world.dialEnded()
    }

    /// The policy is asked about answers too: what it forbids is left out, and told.
    private func checkVetoes(of addresses: [IPAddress], _ report: DialReport) {
        let vetoed = report.attempts.compactMap { $0.destination.endpoint?.address }
        if addresses.contains(where: { !permitted.contains($0) || vetoed.contains($0) }) {
            world.fault("\(name) answers \(addresses), and may have \(permitted)")
        }
        for address in told + course.known where course.families.contains(address.family) {
            if !addresses.contains(address), !vetoed.contains(address) {
                world.fault("\(name) leaves \(address) out, and nobody has forbidden it")
            }
        }
    }

    private var elapsed: Duration {
        .nanoseconds(Int64((endedAt ?? world.clock.now) - startedAt))
    }

    /// The most that the dial may take.
    private var bound: Duration {
        let timeouts = course.timeouts
        let sum = timeouts.queue + timeouts.lookup + timeouts.connect + timeouts.handshake
        return min(sum, course.deadline ?? sum)
    }

    /// How long an attempt was in flight that the network had not yet answered, in nanoseconds. A late loop closes a
    /// socket later than that.
    private var surelyRaced: UInt64 {
        var sum: UInt64 = 0
        var end: UInt64 = 0
        for (from, to) in undecided.sorted(by: { $0.from < $1.from }) where to > end {
            sum += to - max(from, end)
            end = to
        }
        return sum
    }

    /// Of a service, the target that won is told, and no other one.
    private func checkTargets(in report: DialReport, wonBy destination: Destination?) {
        guard let destination else { return }
        let won = report.service?.targets.filter { $0.outcome == .connected }.map(\.target) ?? []
        if won.count != 1 || won.first?.port != destination.endpoint?.port {
            world.fault("\(name): \(won) won, and it is connected to \(destination)")
        }
    }

    private func check(_ report: DialReport, wonBy destination: Destination?) {
        if course.isService { checkTargets(in: report, wonBy: destination) }
        if report.total > elapsed { world.fault("\(name): clocks of \(report.total) in \(elapsed)") }
        if report.connect > .nanoseconds(Int64(raced)) {
            world.fault("\(name): \(report.connect) to connect, and attempts were under way for \(raced) ns")
        }
        for clock in [report.queue, report.lookup, report.connect, report.handshake ?? .zero] where clock < .zero {
            world.fault("\(name): a clock ran backwards: \(report)")
        }
        // Where a loop was late, the time after an attempt's end belongs to no attempt.
        let apart = report.lookup + (hasBeenShort ? .zero : report.queue)
        if course.isKnown, apart > world.lateness {
            world.fault("\(name) waited for what it knew: \(report)")
        }
        let connected = report.attempts.filter { $0.outcome == .connected }.map(\.destination)
        if let destination, connected != [destination] {
            world.fault("\(name): \(destination) won, and \(connected) connected")
        }
        for attempt in report.attempts { check(attempt) }
        let attempted = report.attempts.filter { $0.outcome != .vetoed }.map(\.destination)
        for destination in tried where !attempted.contains(destination) {
            world.fault("\(name) does not report its attempt of \(destination)")
        }
    }

    private func check(_ attempt: AttemptReport) {
        guard let ended = attempt.ended, let outcome = attempt.outcome else {
            return world.fault("\(name): an attempt without an end: \(attempt)")
        }
        if attempt.started < .zero || ended < attempt.started || ended > elapsed {
            world.fault("\(name): an attempt outside the dial: \(attempt)")
        }
        if let timeout = course.race.attemptTimeout, ended - attempt.started > timeout + world.lateness {
            world.fault("\(name): an attempt of \(ended - attempt.started), and it may take \(timeout)")
        }
        if outcome == .vetoed, !course.isVetted { world.fault("\(name): a veto without a policy: \(attempt)") }
    }

    private func check(_ error: DialError) {
        let report = error.report
        check(report, wonBy: nil)
        let apart = elapsed - .nanoseconds(Int64(surelyRaced)) + (mayBeMisled ? world.lateness : .zero)
        let timeouts = course.timeouts
        let isTimeout: Bool
        switch error.code {
        case .connectTimeout:
            isTimeout = true
            // Of the first that began, if it was put off later and is not reported.
            let starts =
                report.attempts.map(\.started) + (firstOpen.map { [.nanoseconds(Int64($0 - startedAt))] } ?? [])
            let age = elapsed - (starts.min() ?? elapsed)
            if .nanoseconds(Int64(raced)) < timeouts.connect, age < course.race.timeout ?? .seconds(1_000_000) {
                world.fault("\(name): \(error.message), too early")
            }
        case .lookupTimeout:
            isTimeout = true
            if apart < timeouts.lookup { world.fault("\(name): \(error.message), too early") }
        case .queueTimeout, .outOfDescriptors:
            isTimeout = true
            if apart < timeouts.queue { world.fault("\(name): \(error.message), too early") }
        case .deadlineExceeded:
            isTimeout = true
            if elapsed < course.deadline ?? .seconds(1_000_000) { world.fault("\(name): \(error.message), too early") }
        case .handshakeTimeout:
            isTimeout = true
            if handOvers == 0 { world.fault("\(name): a handshake before its hand-over") }
        case .cancelled:
            isTimeout = false
            if cancelledAt == nil { world.fault("\(name) says it was cancelled") }
        case .nameNotFound:
            isTimeout = false
            if !told.isEmpty { world.fault("\(name): no address, and was told \(told)") }
        case .allAttemptsFailed, .refusedByPolicy:
            isTimeout = false
            for address in told + course.known where course.families.contains(address.family) {
                let tried = report.attempts.compactMap { $0.destination.endpoint?.address }
                let isNamed = tried.contains(address)
                // A service's targets have a bounded number of addresses of each family.
                let isBeyond =
                    course.isService
                    && tried.count { $0.family == address.family } >= BindingCandidates.mostAddresses
                if !isNamed, !isBeyond { world.fault("\(name) gave up, and \(address) was neither tried nor vetoed") }
            }
        default: isTimeout = false
        }
        if isTimeout {
            if report.total != elapsed { world.fault("\(name): clocks of \(report.total) in \(elapsed)") }
            // Rule 6: what had connected when the timer was looked at counts.
            if handOvers == 0, !connectedAndClosed.isEmpty {
                world.fault("\(name): \(error.code.rawValue), and \(connectedAndClosed) had connected")
            }
        }
        for destination in report.attempts.map(\.destination) {
            // Where an answer alone was wanted there was no port to dial.
            let address = course.goal == .answer ? destination.endpoint.map { "\($0.address) " } : nil
            if !error.message.contains(address ?? "\(destination)") {
                world.fault("\(name): \(destination) is missing in: \(error.message)")
            }
        }
    }
}
