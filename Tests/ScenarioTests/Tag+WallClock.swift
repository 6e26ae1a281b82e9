// SPDX-License-Identifier: Apache-2.0

import Testing

extension Tag {
    /// It says how long something took on this machine, and needs it to itself: `Scripts/test` runs these alone, by the
    /// words "wall clock" in their names.
    @Tag static var wallClock: Self
}
