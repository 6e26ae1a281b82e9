// SPDX-License-Identifier: Apache-2.0

public import NameResolution

/// Why a dial failed: which clock ran out or what went wrong, where the time went, and what every address said.
public struct DialError: Error, Sendable {
    /// What went wrong. New codes may come; an unknown one is no reason to trap.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's stable name, as the command line prints it.
        public let rawValue: String

        /// A code by its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }
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
    public let splits: Splits

    /// How many addresses were known and had not been tried when the time was up.
    public let untried: Int

    /// What the resolver said, where it said no.
    public let resolutionError: ResolutionError?

    /// What the channel's initializer or handshake threw, where one did.
    public let channelError: (any Error)?

    /// Whether trying the same again may help.
    public var isRetryable: Bool {
        switch code {
        case .invalidTarget, .invalidOption, .unsupportedEventLoop, .noEventLoop, .refusedByPolicy, .noUsableAddress,
            .nameNotFound, .cancelled, .initializerFailed:
            false
        default: true
        }
    }

    /// Whose fault it was.
    public var fault: Fault {
        switch code {
        case .invalidTarget, .invalidOption, .unsupportedEventLoop, .refusedByPolicy, .noUsableAddress, .cancelled,
            .initializerFailed, .deadlineExceeded:
            .caller
        case .queueTimeout, .queueFull, .outOfDescriptors, .outOfThreads, .noEventLoop: .machine
        case .lookupTimeout, .nameNotFound, .temporaryNameFailure: .nameService
        case .handshakeTimeout, .handshakeFailed: .peer
        case .allAttemptsFailed:
            if splits.attempts.contains(where: { $0.outcome == .refused }) {
                .peer
            } else if !splits.attempts.isEmpty, splits.attempts.allSatisfy(\.isOfThisMachine) {
                .machine
            } else {
                .network
            }
        default: .network
        }
    }

    init(
        _ code: Code,
        _ message: String,
        target: String,
        splits: Splits = Splits(),
        untried: Int = 0,
        resolutionError: ResolutionError? = nil,
        channelError: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.target = target
        self.splits = splits
        self.untried = untried
        self.resolutionError = resolutionError
        self.channelError = channelError
    }
}

extension DialError.Code {
    /// The queue's budget ran out before there was a place in the resolver's line.
    public static let queueTimeout = Self(rawValue: "queueTimeout")
    /// The look-up's budget ran out.
    public static let lookupTimeout = Self(rawValue: "lookupTimeout")
    /// The connect budget ran out with at least one attempt under way.
    public static let connectTimeout = Self(rawValue: "connectTimeout")
    /// The connection was made and did not become ready in time.
    public static let handshakeTimeout = Self(rawValue: "handshakeTimeout")
    /// The caller's deadline for the whole dial passed.
    public static let deadlineExceeded = Self(rawValue: "deadlineExceeded")
    /// The name does not exist, or has no address in any family asked for.
    public static let nameNotFound = Self(rawValue: "nameNotFound")
    /// The name service failed; the name may well exist.
    public static let temporaryNameFailure = Self(rawValue: "temporaryNameFailure")
    /// There are addresses, and none of a family that may be used here.
    public static let noUsableAddress = Self(rawValue: "noUsableAddress")
    /// The caller's policy forbids every address.
    public static let refusedByPolicy = Self(rawValue: "refusedByPolicy")
    /// Every address was tried and said no.
    public static let allAttemptsFailed = Self(rawValue: "allAttemptsFailed")
    /// Too many names wait for the resolver already.
    public static let queueFull = Self(rawValue: "queueFull")
    /// The caller called the dial off.
    public static let cancelled = Self(rawValue: "cancelled")
    /// The host or the port cannot be dialed as written.
    public static let invalidTarget = Self(rawValue: "invalidTarget")
    /// Options of the dial contradict each other, or the system refused one on every socket: a socket option, or a
    /// local address that is not this machine's.
    public static let invalidOption = Self(rawValue: "invalidOption")
    /// This process or machine had no descriptor to give while the queue's budget lasted.
    public static let outOfDescriptors = Self(rawValue: "outOfDescriptors")
    /// This process or machine had no thread to give while the queue's budget lasted: to ask the resolver with, to
    /// watch sockets, or for NIO's loops.
    public static let outOfThreads = Self(rawValue: "outOfThreads")
    /// The system refuses what NIO's event loops are made of.
    public static let noEventLoop = Self(rawValue: "noEventLoop")
    /// The event loop is not one of NIO's `MultiThreadedEventLoopGroup`.
    public static let unsupportedEventLoop = Self(rawValue: "unsupportedEventLoop")
    /// The caller's channel initializer failed; the connection was closed.
    public static let initializerFailed = Self(rawValue: "initializerFailed")
    /// The connection was made and ended, or said no, before it was ready.
    public static let handshakeFailed = Self(rawValue: "handshakeFailed")
}

extension DialError.Code: CustomStringConvertible {
    /// The code's stable name.
    public var description: String { rawValue }
}

extension DialError: CustomStringConvertible {
    /// One line to act on: the target, the code, what each address said, and where the time went.
    public var description: String {
        "\(target): \(code): \(message) [\(splits)]"
    }
}
