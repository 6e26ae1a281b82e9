// SPDX-License-Identifier: Apache-2.0

import IPAddresses
public import NameResolution

/// Why a dial failed: which clock ran out or what went wrong, where the time went, and what every address said.
@available(FairDial 0.1, *)
public struct DialError: Error, Sendable {
    /// What went wrong. Its raw value is its stable name, as the command line prints it.
    @nonexhaustive
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The queue's timeout ran out before there was a slot in the resolver's queue.
        case queueTimeout
        /// The lookup's timeout ran out.
        case lookupTimeout
        /// The connect timeout ran out with at least one attempt under way.
        case connectTimeout
        /// The connection was made and did not become ready in time.
        case handshakeTimeout
        /// The caller's deadline for the whole dial passed.
        case deadlineExceeded
        /// The name does not exist, or has no address in any family asked for.
        case nameNotFound
        /// The name service failed; the name may well exist.
        case temporaryNameFailure
        /// There are addresses, and none of a family that may be used here.
        case noUsableAddress
        /// The caller's policy forbids every address.
        case refusedByPolicy
        /// Every address was tried and said no.
        case allAttemptsFailed
        /// Too many names wait for the resolver already.
        case queueFull
        /// The caller cancelled the dial.
        case cancelled
        /// The host or the port cannot be dialed as written.
        case invalidTarget
        /// Options of the dial contradict each other, or the system refused one on every socket: a socket option, or a
        /// local address that is not this machine's.
        case invalidOption
        /// This process or machine had no descriptor to give while the queue's timeout lasted.
        case outOfDescriptors
        /// This process or machine had no thread to give while the queue's timeout lasted: to ask the resolver with, to
        /// watch sockets, or for NIO's loops.
        case outOfThreads
        /// The system refuses what NIO's event loops are made of.
        case noEventLoop
        /// The event loop is not one of NIO's `MultiThreadedEventLoopGroup`.
        case unsupportedEventLoop
        /// The event loop that the dial ran on was shut down before the dial had ended, or before it began.
        case eventLoopShutdown
        /// The caller's channel initializer failed; the connection was closed.
        case initializerFailed
        /// The connection was made and ended, or said no, before it was ready.
        case handshakeFailed
    }

    /// Whose fault it was.
    @nonexhaustive
    public enum Fault: String, Hashable, Sendable {
        /// The caller asked for something that cannot be dialed, or called the dial off.
        case caller
        /// This machine ran out of something: descriptors, threads, places.
        case machine
        /// The name service failed, or knows no such name.
        case nameService
        /// The way to the peer.
        case network
        /// The peer was reached and said no, or did not become ready.
        case peer
    }

    /// What went wrong.
    public let code: Code

    /// What happened and what each address said, in one line without the target's name; for a person.
    public let message: String

    /// What was dialed, as the caller wrote it: `db.example.org:27017`.
    public let target: String

    /// Where the time went, up to the failure, with every attempt and its cause.
    public let report: DialReport

    /// How many addresses were known and had not been tried when the time was up.
    public let untried: Int

    /// What the resolver said, where it said no.
    public let resolutionError: ResolutionError?

    /// What the channel's initializer or handshake threw, where one did.
    public let channelError: (any Error)?

    /// Whether trying the same again may help.
    public var isRetryable: Bool {
        switch code {
        case .invalidTarget, .invalidOption, .unsupportedEventLoop, .noEventLoop, .eventLoopShutdown, .refusedByPolicy,
            .noUsableAddress, .nameNotFound, .cancelled, .initializerFailed:
            false
        // The same certificate will be rejected again.
        case .handshakeFailed: !isCertificateFailure
        // A server makes its socket when it starts, which may be soon.
        case .allAttemptsFailed: !isOfCaller || report.attempts.contains(where: \.isMissingPath)
        default: true
        }
    }

    /// Whose fault it was.
    public var fault: Fault {
        switch code {
        case .invalidTarget, .invalidOption, .unsupportedEventLoop, .eventLoopShutdown, .refusedByPolicy,
            .noUsableAddress, .cancelled, .initializerFailed, .deadlineExceeded:
            .caller
        case .queueTimeout, .queueFull, .outOfDescriptors, .outOfThreads, .noEventLoop: .machine
        case .lookupTimeout, .nameNotFound, .temporaryNameFailure: .nameService
        case .handshakeTimeout, .handshakeFailed: .peer
        case .allAttemptsFailed:
            if report.attempts.contains(where: { $0.outcome == .refused }) {
                .peer
            } else if !report.attempts.isEmpty, report.attempts.allSatisfy(\.isOfThisMachine) {
                .machine
            } else if isOfCaller {
                .caller
            } else {
                .network
            }
        default: .network
        }
    }

    /// Whether every attempt failed for what the caller wrote.
    private var isOfCaller: Bool { !report.attempts.isEmpty && report.attempts.allSatisfy(\.isOfCaller) }

    /// An error from its parts; a dial's own come from dials.
    public init(
        _ code: Code,
        _ message: String,
        target: String,
        report: DialReport = DialReport(),
        untried: Int = 0,
        resolutionError: ResolutionError? = nil,
        channelError: (any Error)? = nil
    ) {
        self.code = code
        // Names, paths and other people's errors end in here.
        self.message = message.printable
        self.target = target.withoutUserInfo.printable
        self.report = report
        self.untried = untried
        self.resolutionError = resolutionError
        self.channelError = channelError
    }
}

@available(FairDial 0.1, *)
extension DialError {
    /// The same error of another target: of what the caller has asked for, where something else was dialed for it.
    func told(of target: String) -> DialError {
        DialError(
            code,
            message,
            target: target,
            report: report,
            untried: untried,
            resolutionError: resolutionError,
            channelError: channelError
        )
    }
}

@available(FairDial 0.1, *)
extension DialError: CustomStringConvertible {
    /// One line to act on: the target, the code, what each address said, and where the time went.
    public var description: String {
        "\(target): \(code.rawValue): \(message) [\(report)]"
    }
}
