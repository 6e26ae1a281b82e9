// SPDX-License-Identifier: Apache-2.0

extension Zone: CustomStringConvertible {
    /// The longest name an interface may have (`IFNAMSIZ` less its NUL).
    private static let longestName = 15

    /// Parses what stands after `%`; `nil` when it is neither an index nor fit to be an interface's name.
    init?(_ text: some StringProtocol) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !text.isEmpty else { return nil }
        if text.utf8.allSatisfy(digits.contains) {
            guard let index = UInt32(text), index > 0 else { return nil }
            self = .index(index)
            return
        }
        let isName = text.utf8.allSatisfy { byte in
            byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "%")
        }
        guard isName, text.utf8.count <= Self.longestName else { return nil }
        self = .name(String(text))
    }

    /// The index in decimal, or the name.
    public var description: String {
        switch self {
        case .index(let index): "\(index)"
        case .name(let name): name
        }
    }

    /// No zone first, then indexes, then names.
    static func isOrdered(_ left: Zone?, before right: Zone?) -> Bool {
        switch (left, right) {
        case (nil, nil), (_?, nil): false
        case (nil, _?): true
        case (.index(let left)?, .index(let right)?): left < right
        case (.index?, .name?): true
        case (.name?, .index?): false
        case (.name(let left)?, .name(let right)?): left < right
        }
    }
}
