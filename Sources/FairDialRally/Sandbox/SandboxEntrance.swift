// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import Foundation

/// Decides, before the first thread starts, whether this process goes into the sandbox.
package enum SandboxEntrance {
    /// The environment variable that says how the attempt to enter the sandbox has ended: `inside` or `refused`.
    private static let pass = "FAIRDIAL_SANDBOX"

    /// Whether this process is in a sandbox: it has entered one, or its parent had.
    static let isInside = ProcessInfo.processInfo.environment[pass] == "inside"

    /// What a child's environment needs so that it knows it is inside.
    static var passForChildren: [String: String] { isInside ? [pass: "inside"] : [:] }

    /// Enters the sandbox if the command is one that wants it. Where that is refused, the command says what it does
    /// instead.
    package static func enterIfWanted(_ arguments: [String]) {
        guard let command = arguments.first, ["rally", "sandbox"].contains(command) else { return }
        // Where the variable is set, this process or its parent has tried already. `--seam` and help need no sandbox.
        guard getenv(pass) == nil, !arguments.contains("--seam"), !arguments.contains("--help"),
            !arguments.contains("-h")
        else { return }
        do {
            try Sandbox.enter()
            setenv(pass, "inside", 1)
        } catch {
            setenv(pass, "refused", 1)
            StandardStreams.complain("fairdial: no sandbox (\(error))")
        }
    }
}
