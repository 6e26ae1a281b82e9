// SPDX-License-Identifier: Apache-2.0

/// The entries of an answer, in its order; a single one is kept without an allocation.
@available(FairDial 0.1, *)
public struct AddressInfoList: Sendable {
    @usableFromInline
    enum Storage: Sendable {
        case one(AddressInfo)
        case several([AddressInfo])
    }

    @usableFromInline
    let storage: Storage

    /// The host's canonical name, where the question asked for it; the C call puts it into the first entry.
    public let canonicalName: String?

    /// A list of one.
    @inlinable
    public init(_ entry: AddressInfo, canonicalName: String? = nil) {
        storage = .one(entry)
        self.canonicalName = canonicalName
    }

    /// A list of any entries.
    public init(_ entries: some Sequence<AddressInfo>, canonicalName: String? = nil) {
        let entries = Array(entries)
        storage = entries.count == 1 ? .one(entries[0]) : .several(entries)
        self.canonicalName = canonicalName
    }
}

@available(FairDial 0.1, *)
extension AddressInfoList: RandomAccessCollection {
    /// Always 0.
    @inlinable public var startIndex: Int { 0 }

    /// How many entries there are.
    @inlinable public var endIndex: Int {
        switch storage {
        case .one: 1
        case .several(let entries): entries.count
        }
    }

    /// The entry at an index, from 0.
    @inlinable
    public subscript(position: Int) -> AddressInfo {
        switch storage {
        case .one(let entry):
            precondition(position == 0, "an index beyond the list")
            return entry
        case .several(let entries):
            return entries[position]
        }
    }
}

@available(FairDial 0.1, *)
extension AddressInfoList: Hashable {
    /// Whether both have the same entries in the same order, and the same canonical name.
    public static func == (left: AddressInfoList, right: AddressInfoList) -> Bool {
        left.canonicalName == right.canonicalName && left.elementsEqual(right)
    }

    /// Hashes the entries in their order, and the canonical name.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(canonicalName)
        hasher.combine(count)
        for entry in self { hasher.combine(entry) }
    }
}

@available(FairDial 0.1, *)
extension AddressInfoList: ExpressibleByArrayLiteral {
    /// A list of the entries as written.
    public init(arrayLiteral entries: AddressInfo...) {
        self.init(entries)
    }
}
