// SPDX-License-Identifier: Apache-2.0

/// A lookup that had ended before it was returned: there is nothing to cancel.
@available(FairDial 0.1, *)
package struct EndedLookup: LookupHandle {
    package init() {}

    package func cancel() -> Bool { true }
}
