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
        guard let text else {
            self = .none
            return
        }
        self = text.withUTF8Bytes { NumericService($0) }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.isEmpty || bytes.count == 1 && bytes[0] == UInt8(ascii: "*") {
            self = .none
            return
        }
        var offset = 0
        // isspace in the C locale.
        while offset < bytes.count, bytes[offset] == UInt8(ascii: " ") || bytes[offset] &- 0x09 < 5 { offset += 1 }
        let sign = offset < bytes.count ? bytes[offset] : 0
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { offset += 1 }
        guard offset < bytes.count else {
            self = .name
            return
        }
        // `unsigned long` has the size of a word; beyond it strtoul stays at the largest value, whatever the sign.
        var number: UInt = 0
        var overflows = false
        while offset < bytes.count {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit < 10 else {
                self = .name
                return
            }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, tooLargeNow) = product.addingReportingOverflow(UInt(digit))
            overflows = overflows || tooLarge || tooLargeNow
            number = sum
            offset += 1
        }
        if overflows {
            number = .max
        } else if sign == UInt8(ascii: "-") {
            number = 0 &- number
        }
        let int = Int32(truncatingIfNeeded: number)
        self = int < 0 ? .negative : .port(UInt16(truncatingIfNeeded: int))
    }
}
