// SPDX-License-Identifier: Apache-2.0

import FairDial

@available(FairDial 0.1, *)
extension ObservedDial {
    /// The dial's error, where it is the lookup's; `nil` where the lookup had answered and something else went wrong,
    /// such as a dial that was cancelled, or not admitted, before its first attempt.
    var lookupError: DialError? {
        guard let error, report.attempts.isEmpty else { return nil }
        switch error.code {
        case .lookupTimeout, .nameNotFound, .temporaryNameFailure: return error
        // Without an answer it was the lookup that did not come to its end, whatever ended it.
        default: return report.source == nil ? error : nil
        }
    }
}
