// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

/// A row of a table: a text that is refused, why, and at which byte.
struct Refusal: Equatable, Sendable, CustomTestStringConvertible {
    let text: String
    let reason: AddressParseError.Reason
    let offset: Int

    init(_ text: String, _ reason: AddressParseError.Reason, at offset: Int) {
        self.text = text
        self.reason = reason
        self.offset = offset
    }

    /// An unexpected byte, given as the character it is.
    init(_ text: String, unexpected scalar: Unicode.Scalar, at offset: Int) {
        self.init(text, .unexpectedByte(UInt8(ascii: scalar)), at: offset)
    }

    /// What the reader says about the text; `nil` when it accepts it.
    init?<Value>(of text: String, by read: (String) throws(AddressParseError) -> Value) {
        do throws(AddressParseError) {
            _ = try read(text)
            return nil
        } catch {
            self.init(text, error.reason, at: error.offset)
        }
    }

    /// Short, and with control bytes escaped: it goes into the log.
    var testDescription: String { String(reflecting: text.prefix(48)) }
}
