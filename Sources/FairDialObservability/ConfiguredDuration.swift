// SPDX-License-Identifier: Apache-2.0

/// A duration as a person writes it: `250ms`, `5s`, `1.5s`, `100us`, `2m`, `1h`, or a number of seconds.
@available(FairDial 0.1, *)
struct ConfiguredDuration: Hashable {
    private static let units: [(suffix: String, seconds: Double)] = [
        // Longer ones first: `ms` ends with `s`.
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600),
    ]
    private static let mostSeconds: Double = 366 * 86_400

    let duration: Duration

    /// A number as text without an exponent, to the nanosecond.
    static func text(of number: Double) -> String {
        guard number.isFinite, abs(number) <= mostSeconds else { return "\(number)" }
        let nanoseconds = Int64((abs(number) * 1e9).rounded())
        let fraction = "\(nanoseconds % 1_000_000_000)"
        let zeros = String(repeating: "0", count: 9 - fraction.count)
        return "\(number < 0 ? "-" : "")\(nanoseconds / 1_000_000_000).\(zeros)\(fraction)"
    }

    /// - Returns: `nil` where it is no duration, negative, or more than a year.
    init?(_ text: String) {
        let unit = Self.units.first { text.hasSuffix($0.suffix) }
        var number = text.dropLast(unit?.suffix.count ?? 0)
        while number.last == " " { number.removeLast() }
        // `Double` would take `inf`, `nan` and hexadecimal too.
        guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(number)
        else { return nil }
        let seconds = value * (unit?.seconds ?? 1)
        guard seconds <= Self.mostSeconds else { return nil }
        duration = .nanoseconds(Int64((seconds * 1e9).rounded()))
    }
}
