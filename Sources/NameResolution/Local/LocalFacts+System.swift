// SPDX-License-Identifier: Apache-2.0

public import GetAddrInfo

@available(FairDial 0.1, *)
extension LocalFacts {
    /// The services file and the interfaces of this machine, each looked at when an answer depends on it.
    ///
    /// Neither is read on the thread that asks, whose look costs a `stat` or two, or one `recv` that does not wait.
    /// Where a table is not read yet, or no longer true, there is none for that one question, which then goes to the C
    /// library, and a thread of its own reads the table again.
    ///
    /// - Parameter refreshed: whether to read first what is not read yet or no longer true. That **blocks** on files
    ///   and on the kernel: for a program that would rather wait once than leave its first questions to the C library.
    public static func system(refreshed: Bool = false) -> LocalFacts {
        if refreshed { LocalTables.system.refresh() }
        return LocalTables.system.facts
    }
}
