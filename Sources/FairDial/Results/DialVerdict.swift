// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOCore
import NameResolution

/// The messages and codes of a failed dial.
@available(FairDial 0.1, *)
enum DialVerdict {
    static func timeout(
        of clock: DialClock,
        after timeout: Duration,
        shortOf shortage: Dial.Shortage?,
        awaitingAdmission: Bool = false
    ) -> (DialError.Code, String) {
        let time = timeout.readable
        switch clock {
        case .queue where shortage == .descriptors:
            return (.outOfDescriptors, "no descriptor was free for \(time)")
        case .queue where shortage == .threads:
            return (.outOfThreads, "no thread was free for \(time)")
        case .queue where awaitingAdmission:
            return (.queueTimeout, "not admitted to connect within \(time)")
        case .queue: return (.queueTimeout, "no slot in the resolver's queue within \(time)")
        case .lookup: return (.lookupTimeout, "the lookup was not answered within \(time)")
        case .connect: return (.connectTimeout, "no attempt connected within \(time)")
        case .handshake: return (.handshakeTimeout, "connected, and not ready within \(time)")
        }
    }

    static func code(for error: ResolutionError) -> DialError.Code {
        switch error.kind {
        case .nameNotFound: .nameNotFound
        case .invalidName: .invalidTarget
        case .queueFull: .queueFull
        case .cancelled: .cancelled
        case .noThread: .outOfThreads
        case .noDescriptor: .outOfDescriptors
        default: .temporaryNameFailure
        }
    }

    /// What is said where the policy leaves nothing to dial.
    static var allForbidden: String { "the policy forbids every address" }

    /// Which DNS servers have not answered, at the end of a message; empty where there are none.
    static func silence(of servers: [Endpoint]) -> String {
        guard !servers.isEmpty else { return "" }
        let standardPort: UInt16 = 53
        let names = servers.map { $0.port == standardPort ? "\($0.address)" : "\($0)" }
        return ": no answer from " + names.joined(separator: ", ")
    }

    static func words(forSkipped families: AddressFamilies) -> String {
        let names = families == .both ? "both families" : families == .ipv6 ? "IPv6" : "IPv4"
        return "\(names) skipped: no local address to dial from"
    }

    /// What ended a channel: of an error of NIO's the system's own words, and not those around them.
    static func words(for error: any Error) -> String {
        if let error = error as? IOError { return AttemptFailure.text(of: error.errnoCode) }
        return Target.excerpt("\(error)")
    }

    static func allFailed(_ attempts: [AttemptReport]) -> String {
        attempts.count == 1 ? "the only address failed" : "all \(attempts.count) addresses failed"
    }

    /// The message, and after it every address that was tried with what it said, and what the resolver said: nothing is
    /// dropped.
    ///
    /// - Parameter namesPorts: whether addresses are given with their ports, at which nothing was dialed where the
    ///   answer alone was asked for.
    static func sentence(
        _ message: String,
        report: DialReport,
        untried: Int = 0,
        resolutionError: ResolutionError? = nil,
        namesPorts: Bool = true
    ) -> String {
        var causes = report.attempts.map { attempt in
            let outcome = attempt.outcome.map { $0.rawValue } ?? "in flight"
            let address = namesPorts ? nil : attempt.destination.endpoint?.address
            return "\(address.map { "\($0)" } ?? "\(attempt.destination)") \(attempt.reason ?? outcome)"
        }
        let targets = report.service?.targets ?? []
        for target in targets {
            guard let reason = target.reason else { continue }
            causes.append("\(target.target): \(reason)")
        }
        // Every target's reason has been given by now.
        if let resolutionError, resolutionError.message != message, targets.isEmpty {
            causes.append("lookup: \(resolutionError.message)")
        }
        let untriedTargets = targets.count { $0.outcome == .untried } + (report.service?.leftOut ?? 0)
        if untriedTargets > 0 {
            causes.append(untriedTargets == 1 ? "1 target was not tried" : "\(untriedTargets) targets were not tried")
        }
        if untried > 0 {
            causes.append(
                untried == 1 ? "1 address was not tried" : "\(untried) addresses were not tried"
            )
        }
        if !report.skipped.isEmpty { causes.append(words(forSkipped: report.skipped)) }
        return causes.isEmpty ? message : message + ": " + causes.joined(separator: ", ")
    }
}
