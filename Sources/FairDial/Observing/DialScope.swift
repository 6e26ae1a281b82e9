// SPDX-License-Identifier: Apache-2.0

/// On whose behalf dials and lookups are made: an owner of many connections makes them for whichever caller comes
/// first, on the thread of a caller that may have nothing to do with them.
@available(FairDial 0.1, *)
package enum DialScope {
    /// Whether they are the owner's own: the span of the task in which they begin is not their parent.
    @TaskLocal package static var isOwn = false
}
