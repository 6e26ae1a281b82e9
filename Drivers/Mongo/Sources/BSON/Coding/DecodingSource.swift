// SPDX-License-Identifier: Apache-2.0

/// The bytes that are decoded, and where the last field was found: the next is mostly the one after it.
final class DecodingSource {
    let document: BSONDocument
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// The document in which a field was found last, by where it begins, and the field's type byte. In memory of its
    /// own, as the encoder's state is.
    private let last: UnsafeMutablePointer<(document: Int, element: Int)>

    init(_ document: BSONDocument, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.document = document
        self.userInfo = userInfo
        last = .allocate(capacity: 1)
        last.initialize(to: (-1, -1))
    }

    deinit { last.deallocate() }

    var root: ValueDecoder {
        ValueDecoder(source: self, start: Int32(truncatingIfNeeded: document.start), type: .document)
    }

    @inline(__always)
    func withBase<Result>(_ body: (UnsafeRawPointer) throws -> Result) rethrows -> Result {
        try document.storage.withUnsafeBytes { try body($0.baseAddress.unsafelyUnwrapped) }
    }

    /// The first field `key` of the document that begins at `start`.
    @inline(__always)
    func element(_ key: String, in start: Int) -> ElementLayout? {
        var key = key
        return key.withUTF8 { wanted in
            withBase { base in
                let first = start + 4
                let from = last.pointee.document == start ? last.pointee.element : first
                return find(wanted, base, from: from, to: .max, in: start)
                    ?? (from == first ? nil : find(wanted, base, from: first, to: from, in: start))
            }
        }
    }

    @inline(__always)
    private func find(
        _ wanted: UnsafeBufferPointer<UInt8>,
        _ base: UnsafeRawPointer,
        from: Int,
        to end: Int,
        in start: Int
    ) -> ElementLayout? {
        var at = from
        while at < end, let element = ElementLayout(base, at: at) {
            if base.equals(wanted, from: element.keyStart, to: element.keyEnd) {
                found(element, in: start)
                return element
            }
            at = element.end
        }
        return nil
    }

    @inline(__always)
    func found(_ element: ElementLayout, in start: Int) {
        last.pointee = (start, element.start)
    }

    // MARK: - Errors

    /// The keys that lead to the value at `offset`: found again by a walk, so that decoding need not keep them.
    func path(to offset: Int) -> [any CodingKey] {
        withBase { base in
            var keys: [any CodingKey] = []
            var at = document.start + 4
            var isArray = false
            var index = 0
            while offset >= at, let element = ElementLayout(base, at: at) {
                guard offset < element.end || offset == element.valueStart else {
                    at = element.end
                    index += 1
                    continue
                }
                let text = base.text(from: element.keyStart, to: element.keyEnd)
                keys.append(isArray ? BSONKey(intValue: index) : BSONKey(stringValue: text))
                switch element.type {
                case .document, .array:
                    at = element.valueStart + 4
                    isArray = element.type == .array
                    index = 0
                default: return keys
                }
                if offset < at { return keys }
            }
            return keys
        }
    }

    func context(_ detail: String, at offset: Int) -> DecodingError.Context {
        let path = path(to: offset)
        let field = path.isEmpty ? "the document" : path.map(\.stringValue).joined(separator: ".")
        let place = offset - document.start
        return .init(codingPath: path, debugDescription: "\(detail): \(field), at byte \(place)")
    }
}
