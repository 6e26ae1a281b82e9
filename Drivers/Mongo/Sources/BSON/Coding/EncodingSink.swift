// SPDX-License-Identifier: Apache-2.0

/// The bytes that an encoder writes, and the documents and arrays in them that are open.
///
/// Code made by the compiler writes one container to its end before it goes on with the one around it; then all is
/// appended. A container that is written again after that gets its elements put in between, which moves what follows.
final class EncodingSink {
    struct Container {
        /// Where its length is.
        var start: Int
        /// The container it lies in; -1 for the outermost.
        let parent: Int
        /// The type's byte of the element that it is; -1 for the outermost.
        var element: Int
        var count = 0
        let isArray: Bool
        var isOpen = true
    }

    /// In a type's place until the value has said what it is.
    private static let unfilled: UInt8 = 0

    /// What changes with each value.
    struct State: ~Copyable {
        var bytes = ByteWriter(capacity: 512)
        var containers: [Container] = []
        var open: [Int] = []
    }

    /// Memory of its own: at each access to a class's variable the runtime asks whether another one is going on.
    /// Without
    /// that, and with quicker array keys, `Codable` wrote small documents at 172 MB/s, not 111.
    let state: UnsafeMutablePointer<State>
    private(set) var isRootTaken = false
    /// What `nested` could not throw.
    private(set) var fault: (any Error)?
    let limits: BSONLimits
    let userInfo: [CodingUserInfoKey: any Sendable]

    init(limits: BSONLimits, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.limits = limits
        self.userInfo = userInfo
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// The outermost document: a type that asks the encoder for a container at the top writes into it.
    func beginRoot() {
        state.pointee.containers.append(
            Container(start: state.pointee.bytes.beginDocument(), parent: -1, element: -1, isArray: false)
        )
        state.pointee.open.append(0)
    }

    func closeAll() {
        while let last = state.pointee.open.popLast() { close(last) }
    }

    private func close(_ id: Int) {
        state.pointee.bytes.endDocument(from: state.pointee.containers[id].start)
        state.pointee.containers[id].isOpen = false
    }

    /// Makes `id` the innermost open container; false if it has been closed.
    @inline(__always)
    private func select(_ id: Int) -> Bool {
        if state.pointee.open.last == id { return true }
        guard state.pointee.containers[id].isOpen else { return false }
        while let last = state.pointee.open.last, last != id {
            close(last)
            state.pointee.open.removeLast()
        }
        return true
    }

    // MARK: - Elements

    /// Writes an element into a container; `key` is `nil` in an array.
    @inline(__always)
    func write(_ type: BSONType, _ key: (any CodingKey)?, in id: Int, _ body: (inout ByteWriter) -> Void) throws {
        guard select(id) else {
            _ = try insert(in: id) { try $0.write(type, key, in: $1, body) }
            return
        }
        try header(type.rawValue, key?.stringValue, in: id)
        body(&state.pointee.bytes)
    }

    func encode(_ value: some Encodable, _ key: (any CodingKey)?, in id: Int) throws {
        guard select(id) else {
            _ = try insert(in: id) { try $0.encode(value, key, in: $1) }
            return
        }
        // A container at the limit may hold a value that is none; the document's own check is the exact one.
        guard state.pointee.open.count <= limits.depth else {
            throw error(value, key, in: id, "over \(limits.depth) levels")
        }
        let element = state.pointee.bytes.count
        try header(Self.unfilled, key?.stringValue, in: id)
        try value.encode(to: ValueEncoder(sink: self, parent: id, element: element))
        // A value of no fields is a document of none.
        if !isFilled(element) { _ = begin(.document, at: element, in: id) }
    }

    /// Whether the element at `element` has got a value.
    func isFilled(_ element: Int) -> Bool {
        element < 0
            ? isRootTaken : state.pointee.bytes.base.load(fromByteOffset: element, as: UInt8.self) != Self.unfilled
    }

    /// Writes the value whose header is there, by whichever type it has.
    @inline(__always)
    func fill(_ type: BSONType, at element: Int, _ body: (inout ByteWriter) -> Void) {
        state.pointee.bytes.patch(type.rawValue, at: element)
        body(&state.pointee.bytes)
    }

    /// The elements of a document that stands for the outermost one.
    func fillRoot(_ document: BSONDocument) {
        isRootTaken = true
        document.bytes.dropFirst(4).dropLast().withUnsafeBytes { state.pointee.bytes.bytes($0) }
    }

    /// The container of the element whose header is there: a class and its superclass may both ask for it.
    func container(_ type: BSONType, at element: Int, in parent: Int) -> Int {
        if element < 0 {
            if type == .document {
                isRootTaken = true
                return 0
            }
            // Nothing that is no document can be the outermost; the encoder throws for it at the end.
            let scrap = state.pointee.bytes.count
            state.pointee.bytes.header(type, index: 0)
            return begin(type, at: scrap, in: 0)
        }
        if isFilled(element), let id = state.pointee.containers.lastIndex(where: { $0.element == element }) {
            return id
        }
        return begin(type, at: element, in: parent)
    }

    /// Begins the container whose header is there.
    private func begin(_ type: BSONType, at element: Int, in parent: Int) -> Int {
        state.pointee.bytes.patch(type.rawValue, at: element)
        state.pointee.containers.append(
            Container(
                start: state.pointee.bytes.beginDocument(),
                parent: parent,
                element: element,
                isArray: type == .array
            )
        )
        state.pointee.open.append(state.pointee.containers.count - 1)
        return state.pointee.containers.count - 1
    }

    /// Begins a container under a key. The protocols do not let it throw: the first error is kept, and the encoder
    /// throws it at the end.
    func nested(_ type: BSONType, _ key: (any CodingKey)?, in id: Int) -> Int {
        do {
            return try begin(type, key, in: id)
        } catch {
            fault = fault ?? error
            return id
        }
    }

    private func begin(_ type: BSONType, _ key: (any CodingKey)?, in id: Int) throws -> Int {
        guard select(id) else {
            // An empty one in between, of five bytes; what it gets is inserted as well.
            let length = try insert(in: id) { _ = try $0.begin(type, key, in: $1) }
            let last = end(of: id) - 1
            var container = Container(start: last - 5, parent: id, element: last - length, isArray: type == .array)
            container.isOpen = false
            state.pointee.containers.append(container)
            return state.pointee.containers.count - 1
        }
        guard state.pointee.open.count <= limits.depth else {
            throw error(key as Any, key, in: id, "over \(limits.depth) levels")
        }
        let element = state.pointee.bytes.count
        try header(type.rawValue, key?.stringValue, in: id)
        return begin(type, at: element, in: id)
    }

    @inline(__always)
    private func header(_ type: UInt8, _ key: String?, in id: Int) throws {
        guard let key else {
            state.pointee.bytes.header(type, index: state.pointee.containers[id].count)
            state.pointee.containers[id].count += 1
            return
        }
        let element = state.pointee.bytes.count
        state.pointee.bytes.byte(type)
        guard state.pointee.bytes.terminatedText(key) else {
            state.pointee.bytes.truncate(to: element)
            throw error(key, nil, in: id, "a key with a zero byte")
        }
    }

    // MARK: - Late elements

    /// The first byte after a closed container.
    private func end(of id: Int) -> Int {
        state.pointee.containers[id].start + state.pointee.bytes.base.length(at: state.pointee.containers[id].start)
    }

    /// Has one element written into other bytes, and puts it at the end of a container that is closed; returns its
    /// length.
    private func insert(in id: Int, _ write: (EncodingSink, Int) throws -> Void) throws -> Int {
        let other = EncodingSink(limits: limits, userInfo: userInfo)
        let isArray = state.pointee.containers[id].isArray
        other.state.pointee.containers.append(
            Container(start: other.state.pointee.bytes.beginDocument(), parent: -1, element: -1, isArray: isArray)
        )
        other.state.pointee.containers[0].count = state.pointee.containers[id].count
        other.state.pointee.open.append(0)
        try write(other, 0)
        other.closeAll()
        state.pointee.containers[id].count += 1
        let whole = other.state.pointee.bytes.array
        let element = Array(whole[4..<whole.count - 1])
        let place = end(of: id) - 1
        state.pointee.bytes.insert(element, at: place)
        var outer = id
        while outer >= 0 {
            if !state.pointee.containers[outer].isOpen {
                let start = state.pointee.containers[outer].start
                state.pointee.bytes.patch(
                    Int32(truncatingIfNeeded: state.pointee.bytes.base.length(at: start) + element.count),
                    at: start
                )
            }
            outer = state.pointee.containers[outer].parent
        }
        for index in state.pointee.containers.indices where state.pointee.containers[index].start >= place {
            state.pointee.containers[index].start += element.count
            state.pointee.containers[index].element += element.count
        }
        return element.count
    }

    // MARK: - Errors

    /// The keys that lead to a container.
    func path(of id: Int) -> [any CodingKey] {
        var keys: [any CodingKey] = []
        var at = id
        while at > 0, state.pointee.containers[at].element >= 0 {
            let container = state.pointee.containers[at]
            keys.append(key(at: container.element, in: container.parent))
            at = container.parent
        }
        return keys.reversed()
    }

    /// The key of the element whose type's byte is at `element`, or its index.
    func key(at element: Int, in parent: Int) -> BSONKey {
        let base = state.pointee.bytes.base
        let text = base.text(from: element + 1, to: base.endOfText(at: element + 1))
        guard parent >= 0, state.pointee.containers[parent].isArray, let index = Int(text) else {
            return BSONKey(stringValue: text)
        }
        return BSONKey(intValue: index)
    }

    /// A number that BSON can hold: it has no unsigned ones.
    func signed(_ value: UInt64, _ key: (any CodingKey)?, in id: Int) throws -> Int64 {
        guard let signed = Int64(exactly: value) else { throw error(value, key, in: id, "a number over Int64.max") }
        return signed
    }

    func error(_ value: Any, _ key: (any CodingKey)?, in id: Int, _ detail: String) -> EncodingError {
        var path = path(of: id)
        if let key { path.append(key) }
        let field = path.map(\.stringValue).joined(separator: ".")
        return .invalidValue(value, .init(codingPath: path, debugDescription: "\(detail) in \(field)"))
    }
}
