// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension Duration {
    /// Up to three significant digits, cut off and not rounded, in the unit that fits: `0 s`, `85 µs`, `12.3 ms`,
    /// `1.02 s`, `130 s`. From 100 s up, all whole seconds: `12345 s`.
    package var readable: String {
        let seconds = attoseconds / 1_000_000_000_000_000_000
        guard seconds.magnitude < 100_000_000 else { return "\(seconds) s" }
        let nanoseconds = Int64(attoseconds / 1_000_000_000)
        switch nanoseconds.magnitude {
        case 0: return "0 s"
        case ..<1_000: return "\(nanoseconds) ns"
        case ..<1_000_000: return Self.threeDigits(nanoseconds, per: 1_000) + " µs"
        case ..<1_000_000_000: return Self.threeDigits(nanoseconds, per: 1_000_000) + " ms"
        default: return Self.threeDigits(nanoseconds, per: 1_000_000_000) + " s"
        }
    }

    private static func threeDigits(_ nanoseconds: Int64, per unit: Int64) -> String {
        let whole = nanoseconds / unit
        let rest = (nanoseconds % unit).magnitude
        let magnitude = UInt64(unit)
        let sign = nanoseconds < 0 && whole == 0 ? "-" : ""
        switch whole.magnitude {
        case 100...: return "\(whole)"
        case 10...:
            let tenths = rest * 10 / magnitude
            return tenths == 0 ? "\(whole)" : "\(whole).\(tenths)"
        default:
            let hundredths = rest * 100 / magnitude
            if hundredths == 0 { return "\(sign)\(whole)" }
            if hundredths.isMultiple(of: 10) { return "\(sign)\(whole).\(hundredths / 10)" }
            return "\(sign)\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)"
        }
    }
}
