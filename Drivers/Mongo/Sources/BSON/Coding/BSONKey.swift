// SPDX-License-Identifier: Apache-2.0

/// A document's key, or an array's index.
struct BSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }

    static let `super` = BSONKey(stringValue: "super")
}
