// SPDX-License-Identifier: Apache-2.0

public import DNSMessages

/// Looks up records of any type, which `getaddrinfo` does not: a DNS resolver, or a table in a test.
@available(FairDial 0.1, *)
public protocol RecordResolver: Sendable {
    /// The records of a type that a name has; aliases are followed, no search list is used.
    ///
    /// - Parameters:
    ///   - name: the whole name.
    ///   - type: the records' type.
    ///   - fairnessKey: on whose behalf; `nil` for the name's parent domain.
    /// - Throws: `ResolutionError`: `nameNotFound` where there are none, `temporaryFailure` where no server can tell,
    ///   `cancelled` when the task is.
    func records(
        of name: DomainName,
        _ type: RecordType,
        for fairnessKey: FairnessKey?
    ) async throws(ResolutionError) -> RecordAnswer
}
