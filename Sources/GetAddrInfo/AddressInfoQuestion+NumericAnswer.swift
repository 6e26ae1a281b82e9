// SPDX-License-Identifier: Apache-2.0

extension AddressInfoQuestion {
    /// What `getaddrinfo` would say to this question, where that can be told without the call.
    ///
    /// It never waits: no system call, except for the index of an interface that a zone names. Where glibc's answer
    /// is not certain without a look-up, or hangs on the machine (`AI_ADDRCONFIG`, a named service), it is
    /// `needsLookup`, never a guess. Two answers follow the rule "a literal never waits" where glibc looks at the
    /// machine:
    /// - a zone of digits is an index, even beside an interface that has those digits as its name;
    /// - no host and no family gives `::1` before `127.0.0.1`, and `0.0.0.0` before `::` for a passive socket, whatever
    ///   `gai.conf` says and whether or not the machine has IPv6.
    ///
    /// A host or service that holds a NUL fails, with `noName` or `service`: the rest of it cannot reach the call.
    ///
    /// On C libraries other than glibc only the plainest questions are answered.
    public func numericAnswer() -> NumericAnswer {
        #if canImport(Glibc)
            glibcAnswer()
        #else
            plainAnswer()
        #endif
    }
}
