// SPDX-License-Identifier: Apache-2.0

import Testing

extension Tag {
    /// It needs this machine to itself: `Scripts/test` runs these alone, by the words "wall clock" in their names.
    @Tag static var wallClock: Self
}
