// SPDX-License-Identifier: Apache-2.0

/// A service as glibc reads one before it looks into the list of services: `strtoul`, an `int`, 16 bits.
enum NumericService: Equatable {
    /// Not given: NULL, `*` or the empty text.
    case none

    /// A number's lower 16 bits: `65537` is port 1, and `-18446744073709551536` is port 80 where `long` has 64 bits.
    case port(UInt16)

    /// A number whose lower 32 bits are negative as an `int`: glibc takes it for a name that no list has.
    case negative

    /// Anything else: a name.
    case name

    init(_ text: String?) {
        guard let text, !text.isEmpty, text != "*" else {
            self = .none
            return
        }
        var bytes = text.utf8[...]
        // isspace in the C locale.
        bytes = bytes.drop { $0 == UInt8(ascii: " ") || (0x09...0x0d).contains($0) }
        let isNegated = bytes.first == UInt8(ascii: "-")
        if isNegated || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        guard !bytes.isEmpty else {
            self = .name
            return
        }
        // `unsigned long` has the size of a word; beyond it strtoul stays at the largest value, whatever the sign.
        var number: UInt = 0
        var overflows = false
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else {
                self = .name
                return
            }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, tooLargeNow) = product.addingReportingOverflow(UInt(digit))
            overflows = overflows || tooLarge || tooLargeNow
            number = sum
        }
        if overflows {
            number = .max
        } else if isNegated {
            number = 0 &- number
        }
        let int = Int32(truncatingIfNeeded: number)
        self = int < 0 ? .negative : .port(UInt16(truncatingIfNeeded: int))
    }
}
