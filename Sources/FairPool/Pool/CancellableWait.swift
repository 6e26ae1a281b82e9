// SPDX-License-Identifier: Apache-2.0

/// By which a cancellation knows one wait.
@available(FairDial 0.1, *)
final class CancellableWait: Sendable {}
