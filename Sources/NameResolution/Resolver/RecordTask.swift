// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// A lookup of records by a `RecordResolver`, whose only way to wait is a task.
///
/// For a caller's own resolver alone: those of this package tell events, and need no task.
@available(FairDial 0.1, *)
final class RecordTask: LookupHandle {
    private let task: Task<Void, Never>

    init(
        _ question: Question,
        by resolver: any RecordResolver,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) {
        task = Task {
            do throws(ResolutionError) {
                receive(
                    .ended(.success(try await resolver.records(of: question.name, question.type, for: fairnessKey)))
                )
            } catch {
                receive(.ended(.failure(error)))
            }
        }
    }

    /// Nothing more is told: a cancelled task's last event would reach a caller that no longer waits.
    func cancel() -> Bool {
        task.cancel()
        return true
    }
}
