// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension Zone: CustomStringConvertible {
    /// Parses what stands after `%`; `nil` when it is neither an index nor fit to be an interface's name.
    init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard !bytes.isEmpty else { return nil }
        if bytes.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) {
            guard let index = UInt32(String(decoding: bytes, as: UTF8.self)), index > 0 else { return nil }
            self = .index(index)
            return
        }
        guard let name = InterfaceName(utf8: bytes) else { return nil }
        self = .name(name)
    }

    /// The index in decimal, or the name.
    public var description: String {
        switch self {
        case .index(let index): "\(index)"
        case .name(let name): name.description
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
