// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Ties a child's life to its parent's: the child's input is a pipe that the parent holds open and never writes to.
///
/// A terminal's ctrl-C reaches the parent alone, because Foundation gives each child a process group of its own; and a
/// parent that is killed can pass nothing on. The pipe's end reaches the child either way.
struct Leash {
    private let pipe = Pipe()

    /// Puts the child on the leash; before it is run.
    func tie(_ child: Process) {
        child.standardInput = pipe
    }

    /// Lets go, once the child has ended.
    func release() {
        // A pipe whose reader has gone closes as well as any.
        try? pipe.fileHandleForWriting.close()
    }

    /// In the child: ends this process when the parent has gone, for any reason.
    static func endWithParent() {
        Thread.detachNewThread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            _exit(1)
        }
    }
}
