// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's words for its error numbers.
enum ErrorText {
    static func of(_ number: Int32) -> String {
        String(cString: strerror(number)).lowercased()
    }

    /// Whether the process, or the machine, has no descriptor left.
    static func isShortage(_ number: Int32) -> Bool {
        number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS
    }
}
