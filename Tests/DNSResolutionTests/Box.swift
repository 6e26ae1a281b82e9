// SPDX-License-Identifier: Apache-2.0

/// Holds a machine that cannot be copied for a bench that can.
final class Box<Value: ~Copyable> {
    var value: Value

    init(_ value: consuming Value) {
        self.value = value
    }
}
