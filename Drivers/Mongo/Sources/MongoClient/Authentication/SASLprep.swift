// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Makes of a password the one form that client and server both hash.
///
/// - Source: RFC 4013, on the tables of RFC 3454. Of D.2 (what goes from left to right) only letters count, which the
///   standard library knows; unassigned characters are let through, as a client's may be.
enum SASLprep {
    /// - Returns: `nil` for a text that has what no password may have.
    static func prepare(_ text: String) -> String? {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var mapped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isDropped(scalar.value) {
            mapped.append(isSpace(scalar.value) ? " " : scalar)
        }
        let normal = String(mapped).precomposedStringWithCompatibilityMapping.unicodeScalars
        guard !normal.contains(where: { isProhibited($0.value) }) else { return nil }
        if normal.contains(where: { isRightToLeft($0.value) }) {
            // RFC 3454 §6: it begins and ends with such characters, and none goes the other way.
            guard let first = normal.first, let last = normal.last, isRightToLeft(first.value),
                isRightToLeft(last.value), !normal.contains(where: isLeftToRight)
            else { return nil }
        }
        return String(normal)
    }

    /// Table C.1.2.
    private static func isSpace(_ value: UInt32) -> Bool {
        switch value {
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Table B.1.
    private static func isDropped(_ value: UInt32) -> Bool {
        switch value {
        case 0xAD, 0x34F, 0x1806, 0x180B...0x180D, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    /// Tables C.2.1 to C.9.
    private static func isProhibited(_ value: UInt32) -> Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0x340, 0x341, 0x6DD, 0x70F, 0x180E, 0x200C...0x200F, 0x2028...0x202E,
            0x2060...0x2063, 0x206A...0x206F, 0x2FF0...0x2FFB, 0xD800...0xF8FF, 0xFDD0...0xFDEF, 0xFEFF,
            0xFFF9...0xFFFF, 0x1D173...0x1D17A, 0xE0001, 0xE0020...0xE007F, 0xF0000...0x10FFFF:
            true
        default: value & 0xFFFE == 0xFFFE
        }
    }

    /// Table D.1.
    private static func isRightToLeft(_ value: UInt32) -> Bool {
        switch value {
        case 0x5BE, 0x5C0, 0x5C3, 0x5D0...0x5EA, 0x5F0...0x5F4, 0x61B, 0x61F, 0x621...0x63A, 0x640...0x64A,
            0x66D...0x66F, 0x671...0x6D5, 0x6DD, 0x6E5, 0x6E6, 0x6FA...0x6FE, 0x700...0x70D, 0x710, 0x712...0x72C,
            0x780...0x7A5, 0x7B1, 0x200F, 0xFB1D, 0xFB1F...0xFB28, 0xFB2A...0xFB36, 0xFB38...0xFB3C, 0xFB3E,
            0xFB40, 0xFB41, 0xFB43, 0xFB44, 0xFB46...0xFBB1, 0xFBD3...0xFD3D, 0xFD50...0xFD8F, 0xFD92...0xFDC7,
            0xFDF0...0xFDFC, 0xFE70...0xFE74, 0xFE76...0xFEFC:
            true
        default: false
        }
    }

    private static func isLeftToRight(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter: !isRightToLeft(scalar.value)
        default: false
        }
    }
}
