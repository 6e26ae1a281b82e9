// SPDX-License-Identifier: Apache-2.0

import Testing

/// Tests that have a process to themselves, one after the other: the testing library waits for such a process on one of
/// the runtime's threads, of which a small machine has two, and the other suites need one.
@Suite(.serialized, .timeLimit(.minutes(4))) enum `In a process of its own` {}
