// SPDX-License-Identifier: Apache-2.0

import Foundation

/// This platform's own numbers, as `Int32`, which is what the C call takes.
enum SocketConstants {
    #if canImport(Glibc)
        static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        static let stream = SOCK_STREAM
    #endif
    static let tcp = Int32(IPPROTO_TCP)
}
