// SPDX-License-Identifier: Apache-2.0

import FairDial
import MongoClient
import NIOCore

/// An error in words that do not name the host, so that 500 of one kind are one line.
enum ErrorWords {
    private static let longest = 120

    static func kind(of error: any Error) -> String {
        switch error {
        case let error as DialError: return error.code.rawValue
        case let error as MongoError: return "MongoClient: \(error.code.rawValue)"
        case let error as ChannelError:
            if case .connectTimeout = error { return "connect timeout (\(StockBootstrap.connectTimeout.words))" }
            return "\(error)"
        default: return String("\(error)".prefix(longest))
        }
    }
}

extension TimeAmount {
    fileprivate var words: String { "\(nanoseconds / 1_000_000_000) s" }
}
