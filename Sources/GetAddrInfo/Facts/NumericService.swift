// SPDX-License-Identifier: Apache-2.0

/// A service as `strtoul` and `strtol` read one: a number, or a name.
@available(FairDial 0.1, *)
enum NumericService: Equatable {
    /// Nothing: NULL or the empty text.
    case none

    /// White space, a sign, digits: the number as an `unsigned long` of the platform, which a minus sign turns round;
    /// beyond its range it stays at the largest value, whatever the sign. `isNegative` says whether there was a minus
    /// sign.
    case number(UInt, isNegative: Bool)

    /// Anything else: a name.
    case name

    init(_ bytes: UnsafeBufferPointer<UInt8>?) {
        guard let bytes, !bytes.isEmpty else {
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
        let isNegative = sign == UInt8(ascii: "-")
        if overflows {
            number = .max
        } else if isNegative {
            number = 0 &- number
        }
        self = .number(number, isNegative: isNegative)
    }
}
