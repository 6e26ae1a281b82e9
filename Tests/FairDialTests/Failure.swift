// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDial

/// The error that a dial ends with; one that succeeds, or throws anything else, is an issue.
func failure<Output>(
    sourceLocation: SourceLocation = #_sourceLocation,
    of dial: () async throws -> Output
) async -> DialError? {
    do {
        _ = try await dial()
        Issue.record("the dial succeeded", sourceLocation: sourceLocation)
        return nil
    } catch let error as DialError {
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
        return nil
    }
}
