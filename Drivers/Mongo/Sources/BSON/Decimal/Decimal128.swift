// SPDX-License-Identifier: Apache-2.0

/// A decimal number of 34 digits (IEEE 754-2008, decimal128, binary integer coding), kept bit by bit.
///
/// Parsed and printed exactly; nothing here computes with it. Two values are equal if their bits are: `1.0` is not
/// `1.00`, and a NaN equals itself.
public struct Decimal128: Sendable, Hashable {
    /// The bytes 8 to 15 of the wire, which hold sign, exponent, and the coefficient's upper part.
    public let high: UInt64
    /// The bytes 0 to 7.
    public let low: UInt64

    /// A value from its bits; every pattern is one.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    static let exponentBias = 6_176
    static let exponents = -6_176...6_111
    static let digitLimit = 34
    /// 10^34 - 1.
    static let greatestCoefficient: UInt128 = 9_999_999_999_999_999_999_999_999_999_999_999
    private static let signBit: UInt64 = 1 << 63

    /// Not a number.
    public static let notANumber = Decimal128(high: 0x7C00_0000_0000_0000, low: 0)
    /// More than any number.
    public static let infinity = Decimal128(high: 0x7800_0000_0000_0000, low: 0)

    /// The same, with the other sign.
    public var negated: Decimal128 { Decimal128(high: high ^ Self.signBit, low: low) }

    /// Whether the sign says minus, for a zero or a NaN too.
    public var isNegative: Bool { high & Self.signBit != 0 }

    /// Whether it is no number, quiet or signaling.
    public var isNaN: Bool { high >> 58 & 0x1F == 0x1F }

    /// Whether it is plus or minus infinity.
    public var isInfinite: Bool { high >> 58 & 0x1F == 0x1E }

    /// A finite value's digits and its power of ten; `nil` for an infinity or a NaN. Coefficients over 34 digits count
    /// as zero, as the standard has it.
    var parts: (coefficient: UInt128, exponent: Int)? {
        guard !isNaN, !isInfinite else { return nil }
        if high >> 61 & 3 == 3 {
            // This form only holds coefficients of 2^113 and more, which are over 34 digits.
            return (0, Int(high >> 47 & 0x3FFF) - Self.exponentBias)
        }
        let coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
        let exponent = Int(high >> 49 & 0x3FFF) - Self.exponentBias
        return (coefficient > Self.greatestCoefficient ? 0 : coefficient, exponent)
    }

    /// - Precondition: A coefficient of 34 digits at most, an exponent in `exponents`; both are the parser's to see to.
    init(isNegative: Bool, coefficient: UInt128, exponent: Int) {
        let biased = UInt64(truncatingIfNeeded: exponent + Self.exponentBias)
        let upper = UInt64(truncatingIfNeeded: coefficient >> 64)
        self.init(
            high: (isNegative ? Self.signBit : 0) | biased << 49 | upper,
            low: UInt64(truncatingIfNeeded: coefficient)
        )
    }

    /// A whole number.
    public init(_ value: Int64) {
        self.init(isNegative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0)
    }
}

extension Decimal128: CustomStringConvertible {
    /// The number as the specification prints it: plain if the power of ten is not positive and the first digit stands
    /// no further than six places behind the point; else scientific, `1.5E+10`. A NaN's payload and sign are not shown.
    public var description: String {
        if isNaN { return "NaN" }
        let sign = isNegative ? "-" : ""
        guard let (coefficient, exponent) = parts else { return sign + "Infinity" }
        let digits = String(coefficient)
        let count = digits.utf8.count
        let first = exponent + count - 1
        if exponent <= 0, first >= -6 {
            if exponent == 0 { return sign + digits }
            let whole = count + exponent
            if whole > 0 { return "\(sign)\(digits.prefix(whole)).\(digits.dropFirst(whole))" }
            return "\(sign)0.\(String(repeating: "0", count: -whole))\(digits)"
        }
        let fraction = count > 1 ? ".\(digits.dropFirst())" : ""
        return "\(sign)\(digits.prefix(1))\(fraction)E\(first < 0 ? "" : "+")\(first)"
    }
}
