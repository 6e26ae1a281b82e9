// SPDX-License-Identifier: Apache-2.0

/// How many source ports are used for queries, and for how long.
@available(FairDial 0.1, *)
package struct SourcePortConfiguration: Hashable, Sendable {
    /// Ports in use for new queries at a time, for each server. Default 4.
    package var count = 4
    /// Queries that one port serves. Default 128, which also is what a receive buffer of the default size holds;
    /// clamped to 1 … 16,384 where it is used.
    package var queries = 128
    /// How long a port is used. Default 10 s.
    package var lifetime: Duration = .seconds(10)
    /// The most sockets that are open at a time, for all servers together, ports whose answers are awaited and
    /// streams included. Default 4,096, and never more than a quarter of the descriptors that the process could
    /// have; one for each server is always to be had. Beyond that, queries share the ports that are open.
    package var limit = 4_096

    /// The defaults.
    package init() {}
}
