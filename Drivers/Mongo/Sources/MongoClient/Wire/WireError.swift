// SPDX-License-Identifier: Apache-2.0

import BSON

/// What a server has sent that is no answer, or why none came: the connection is closed in each of these cases.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    @nonexhaustive
    public enum Code: String, Sendable, Hashable {
        /// A message shorter than its header, or over 48,000,000 bytes.
        case invalidLength
        /// An opcode that no answer has; compressed answers, which the client has not asked for, are among them.
        case unknownOpcode
        /// An answer to something that was not asked.
        case unexpectedReply
        /// Flags that must not be passed over, or sections that no answer has.
        case invalidMessage
        /// An answer whose document is no BSON, is nested too deep, or is too large.
        case invalidDocument
        /// The connection ended, and no byte of the answer had come.
        case closed
        /// The connection ended in the middle of the answer.
        case closedInReply
        /// The network, or TLS, failed.
        case failed
        /// No answer came in time.
        case timedOut
        /// The caller did not wait any longer.
        case cancelled
    }

    /// What went wrong.
    public let code: Code
    /// The same in words; never a value out of a document.
    public let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail.printable
    }

    /// One line: the code and the words.
    public var description: String { "\(code.rawValue): \(detail)" }
}
