// SPDX-License-Identifier: Apache-2.0

/// What a machine wants done, in order. Mostly that is one action, which is kept without an allocation.
///
/// Public though no product vends this module: the compiler specializes no `package` generic for another module, and
/// then a dial costs four times as many instructions.
@available(FairDial 0.1, *)
public struct ActionList<Action> {
    @usableFromInline
    var first: Action?
    @usableFromInline
    var rest: [Action] = []

    /// Nothing.
    @inlinable
    public init() {}

    /// One action.
    @inlinable
    public init(_ action: Action) {
        first = action
    }

    /// Adds one action at the end.
    @inlinable
    public mutating func append(_ action: Action) {
        if first == nil { first = action } else { rest.append(action) }
    }

    /// Adds actions at the end.
    @inlinable
    public mutating func append(contentsOf actions: some Sequence<Action>) {
        for action in actions { append(action) }
    }

    /// The actions of both, those of the left one first.
    @inlinable
    public static func + (left: ActionList, right: ActionList) -> ActionList {
        if left.isEmpty { return right }
        var sum = left
        sum.append(contentsOf: right)
        return sum
    }
}

@available(FairDial 0.1, *)
extension ActionList: RandomAccessCollection {
    /// 0.
    @inlinable
    public var startIndex: Int { 0 }

    /// How many there are.
    @inlinable
    public var endIndex: Int { first == nil ? 0 : rest.count + 1 }

    /// The action at a position.
    @inlinable
    public subscript(position: Int) -> Action {
        guard position == 0, let first else { return rest[position - 1] }
        return first
    }
}

@available(FairDial 0.1, *)
extension ActionList: ExpressibleByArrayLiteral {
    /// The actions of a literal.
    @inlinable
    public init(arrayLiteral actions: Action...) {
        append(contentsOf: actions)
    }
}

@available(FairDial 0.1, *)
extension ActionList: Equatable where Action: Equatable {}
@available(FairDial 0.1, *)
extension ActionList: Hashable where Action: Hashable {}
@available(FairDial 0.1, *)
extension ActionList: Sendable where Action: Sendable {}
