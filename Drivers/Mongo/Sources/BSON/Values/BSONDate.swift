// SPDX-License-Identifier: Apache-2.0

/// A moment in UTC, in milliseconds since 1970; any `Int64` is one.
///
/// Foundation's `Date` is not used: it is a `Double`, and cannot hold every moment that BSON can.
public struct BSONDate: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Negative before that.
    public var milliseconds: Int64

    /// A moment, by its milliseconds since 1970.
    @inlinable
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The order of the values, the earlier or smaller first.
    public static func < (left: BSONDate, right: BSONDate) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension BSONDate: CustomStringConvertible {
    /// ISO 8601 in UTC for the years 1970 to 9999, as relaxed extended JSON has it; else the milliseconds.
    public var description: String { iso8601 ?? "\(milliseconds) ms" }

    private static let millisecondsPerDay: Int64 = 86_400_000

    /// `nil` outside the years 1970 to 9999, which relaxed extended JSON writes as a number.
    var iso8601: String? {
        guard milliseconds >= 0, milliseconds < 253_402_300_800_000 else { return nil }
        let (year, month, day) = Self.civil(fromDays: milliseconds / Self.millisecondsPerDay)
        let rest = milliseconds % Self.millisecondsPerDay
        func padded(_ number: Int64, to width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
        let hour = padded(rest / 3_600_000, to: 2)
        let minute = padded(rest / 60_000 % 60, to: 2)
        let second = padded(rest / 1_000 % 60, to: 2)
        let fraction = rest % 1_000 == 0 ? "" : ".\(padded(rest % 1_000, to: 3))"
        return "\(date)T\(hour):\(minute):\(second)\(fraction)Z"
    }

    /// Reads `2012-12-24T12:15:30.501Z`, and `+01:00` or `+0100` for `Z`. Digits past the millisecond are dropped.
    init?(iso8601 text: String) {
        var rest = text.utf8[...]
        func number(_ width: Int) -> Int64? {
            guard rest.count >= width else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(width) {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            rest = rest.dropFirst(width)
            return value
        }
        func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2), skip("T"),
            let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard !digits.isEmpty, digits.count <= 9 else { return nil }
            for place in 0..<3 {
                let index = digits.index(digits.startIndex, offsetBy: place, limitedBy: digits.endIndex)
                let digit = index.flatMap { $0 < digits.endIndex ? Int64(digits[$0] - 0x30) : nil }
                fraction = fraction * 10 + (digit ?? 0)
            }
            rest = rest.dropFirst(digits.count)
        }
        var offset: Int64 = 0
        if !skip("Z") {
            let sign: Int64
            if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
            guard let hours = number(2) else { return nil }
            _ = skip(":")
            guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
            offset = sign * (hours * 60 + minutes)
        }
        guard rest.isEmpty else { return nil }
        let days = Self.days(fromYear: year, month: month, day: day)
        let minutes = hour * 60 + minute - offset
        self.init(milliseconds: days * Self.millisecondsPerDay + minutes * 60_000 + second * 1_000 + fraction)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 of a date in the Gregorian calendar, years 0 to 9999. A year is counted from March, so that the
    /// leap day is its last.
    private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
