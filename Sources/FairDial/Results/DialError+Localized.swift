// SPDX-License-Identifier: Apache-2.0

// The one file below the command that knows Foundation, and of it the essentials alone: without this an application
// that shows `localizedDescription` shows "The operation could not be completed".
#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

@available(FairDial 0.1, *)
extension DialError: LocalizedError {
    /// The same line as `description`.
    public var errorDescription: String? { description }
}
