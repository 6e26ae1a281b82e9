// SPDX-License-Identifier: Apache-2.0

/// A connection of one pool: 1, 2, 3 … in the order in which they began to be made; no number is used twice.
@available(FairDial 0.1, *)
public typealias PooledConnectionID = UInt64

/// One wait for a connection.
@available(FairDial 0.1, *)
package typealias PoolWaiterID = UInt64

/// One dial of a pool, from its lookup on; it has a connection's number only once it may connect.
@available(FairDial 0.1, *)
package typealias PoolDialID = UInt64
