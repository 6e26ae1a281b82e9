// SPDX-License-Identifier: Apache-2.0

package import ConnectionRacing

/// The binding of a destination that was tried; an object, for endings are passed on by every dial and few have one.
package final class WinningBinding: Sendable {
    package let binding: ServiceBinding

    init(_ binding: ServiceBinding) {
        self.binding = binding
    }
}
