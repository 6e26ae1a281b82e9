// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The command line, also where /proc is not there.
enum CommandLineArguments {
    /// Everything after the program's name; `nil` where it cannot be read.
    ///
    /// On Linux the language reads /proc/self/cmdline, and where there is none it finds no arguments, not even the
    /// program's name. Then they are read where the kernel has put them: below the environment, on the stack.
    static var afterName: [String]? {
        let told = CommandLine.arguments
        if !told.isEmpty { return Array(told.dropFirst()) }
        #if os(Linux) && _pointerBitWidth(_64)
            return beforeEnvironment.map { Array($0.dropFirst()) }
        #else
            return nil
        #endif
    }

    #if os(Linux) && _pointerBitWidth(_64)
        /// So many arguments are looked for; the kernel's own limit is below.
        private static let most = 1 << 20

        /// What a new process finds, by the processors' own conventions for Linux: the number of arguments, the
        /// arguments, a null, and the environment. Nobody has changed the environment yet when this is called.
        private static var beforeEnvironment: [String]? {
            guard let environment = UnsafeRawPointer(environ) else { return nil }
            let word = MemoryLayout<Int>.size
            guard environment.load(fromByteOffset: -word, as: Int.self) == 0 else { return nil }
            for count in 1...most where environment.load(fromByteOffset: -(count + 2) * word, as: Int.self) == count {
                return (0..<count).compactMap { place in
                    let offset = (place - count - 1) * word
                    let argument = environment.load(fromByteOffset: offset, as: UnsafePointer<CChar>?.self)
                    return argument.map { String(cString: $0) }
                }
            }
            return nil
        }
    #endif
}
