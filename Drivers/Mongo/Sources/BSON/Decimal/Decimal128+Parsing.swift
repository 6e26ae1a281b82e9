// SPDX-License-Identifier: Apache-2.0

extension Decimal128 {
    /// Reads a number such as `-12.5E+3`, `Infinity`, `inf` or `NaN`, in either case.
    ///
    /// Nothing is ever rounded: zeros at the end are dropped or added where the exponent would leave its range
    /// otherwise ("clamped"), a zero's exponent is moved into it, and all else that does not fit is refused.
    /// - Throws: `BSONError` with `invalidDecimal`; its offset is the first character that cannot be accepted.
    /// - Source: the drivers' specification "BSON Decimal128".
    public init(_ text: some StringProtocol) throws(BSONError) {
        self = try Self.parse(Array(text.utf8))
    }

    private static func parse(_ text: [UInt8]) throws(BSONError) -> Decimal128 {
        var at = 0
        var isNegative = false
        if let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            isNegative = sign == UInt8(ascii: "-")
            at = 1
        }
        if let special = special(text[at...]) { return isNegative ? special.negated : special }

        // Significant digits, without the zeros before them; those past the 34th must be zeros.
        var coefficient: UInt128 = 0
        var digits = 0
        var exponent = 0
        var hasDigit = false
        var hasPoint = false
        loop: while at < text.count {
            switch text[at] {
            case UInt8(ascii: "."):
                guard !hasPoint else { throw error("a second point", at) }
                hasPoint = true
            case 0x30...0x39:
                hasDigit = true
                let digit = text[at] - 0x30
                if digits == digitLimit {
                    guard digit == 0 else { throw error("more than 34 digits", at) }
                    // One that is dropped before the point multiplies by ten; one behind it changes nothing.
                    if !hasPoint { exponent += 1 }
                } else {
                    coefficient = coefficient * 10 + UInt128(digit)
                    if coefficient != 0 { digits += 1 }
                    if hasPoint { exponent -= 1 }
                }
            default: break loop
            }
            at += 1
        }
        guard hasDigit else { throw error("no digit", at) }
        if at < text.count { exponent += try power(text, at) }
        return try fit(isNegative, coefficient, digits, exponent)
    }

    private static func special(_ text: ArraySlice<UInt8>) -> Decimal128? {
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "nan": .notANumber
        case "inf", "infinity": .infinity
        default: nil
        }
    }

    /// The power of ten behind an E, which must be the rest of the text. One that no number of this process's memory
    /// could bring back into the range is cut, so that it cannot overflow.
    private static func power(_ text: [UInt8], _ start: Int) throws(BSONError) -> Int {
        var at = start
        guard text[at] | 0x20 == UInt8(ascii: "e") else { throw error("no digit", at) }
        at += 1
        var isNegative = false
        if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") {
            isNegative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        guard at < text.count else { throw error("an exponent without digits", at) }
        var power = 0
        while at < text.count {
            guard (0x30...0x39).contains(text[at]) else { throw error("no digit of an exponent", at) }
            power = min(power * 10 + Int(text[at] - 0x30), 1 << 48)
            at += 1
        }
        return isNegative ? -power : power
    }

    private static func fit(
        _ isNegative: Bool,
        _ coefficient: UInt128,
        _ digits: Int,
        _ exponent: Int
    ) throws(BSONError) -> Decimal128 {
        var coefficient = coefficient
        var exponent = exponent
        if coefficient == 0 {
            exponent = min(max(exponent, exponents.lowerBound), exponents.upperBound)
        }
        if exponent > exponents.upperBound {
            let zeros = exponent - exponents.upperBound
            guard zeros <= digitLimit - digits else { throw error("too large", nil) }
            for _ in 0..<zeros { coefficient *= 10 }
            exponent = exponents.upperBound
        }
        if exponent < exponents.lowerBound {
            let zeros = exponents.lowerBound - exponent
            guard zeros < digits else { throw error("too small", nil) }
            for _ in 0..<zeros {
                guard coefficient.isMultiple(of: 10) else { throw error("too small for its digits", nil) }
                coefficient /= 10
            }
            exponent = exponents.lowerBound
        }
        return Decimal128(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
    }

    private static func error(_ detail: String, _ offset: Int?) -> BSONError {
        BSONError(.invalidDecimal, detail, offset: offset)
    }
}
