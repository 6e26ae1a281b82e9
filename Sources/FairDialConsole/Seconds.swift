// SPDX-License-Identifier: Apache-2.0

/// A time on the command line: seconds, decimals allowed.
package struct Seconds: Sendable {
    package let duration: Duration

    /// Eleven days, in seconds: nobody means a longer wait.
    private static let longest = 1_000_000.0

    /// What one of each unit is in seconds. `ms` must stand before `s`, because it ends with `s` too.
    private static let units = [("ms", 0.001), ("min", 60.0), ("m", 60.0), ("h", 3_600.0), ("s", 1.0)]

    /// Reads `2` or `0.25`.
    ///
    /// - Throws: `WrongValue`, which for `500ms` says what to write instead.
    package init(reading text: String) throws(WrongValue) {
        if let seconds = Double(text), seconds > 0, seconds <= Self.longest {
            duration = .seconds(seconds)
            return
        }
        if let (name, factor) = Self.units.first(where: { text.hasSuffix($0.0) }),
            let number = Double(text.dropLast(name.count)), number > 0, number * factor <= Self.longest
        {
            let seconds = number * factor
            let words = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
            throw WrongValue("write seconds without a unit: \(words)")
        }
        throw WrongValue("write a number of seconds above 0, up to \(Int(Self.longest)), decimals allowed")
    }
}
