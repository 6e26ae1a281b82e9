// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Which kinds of event loop and group NIO can make channels of our descriptors on.
///
/// NIO tells by trying to make a bootstrap, which costs more than a look-up by type; a type that has passed always will.
enum SupportedLoops {
    private static let known = NIOLockedValueBox<Set<ObjectIdentifier>>([])

    static func contains(_ group: any EventLoopGroup) -> Bool {
        let type = ObjectIdentifier(type(of: group as AnyObject))
        if known.withLockedValue({ $0.contains(type) }) { return true }
        guard ClientBootstrap(validatingGroup: group) != nil else { return false }
        known.withLockedValue { _ = $0.insert(type) }
        return true
    }
}
