// SPDX-License-Identifier: Apache-2.0

// What one dial may have of its own: where it dials from, options of its sockets, which address comes first, how
// addresses race.

import FairDial

func options() async throws {
    var options = DialOptions()
    options.localEndpoints = [try Endpoint("192.0.2.10:0")]  // dial from this address; port 0: any port
    options.socketOptions = [.noDelay(), .keepAlive(), .receiveBuffer(1 << 20)]  // set before `connect`
    options.fastOpen = true  // the first write goes out with the SYN: for requests that may be sent twice
    options.multipath = true  // Multipath TCP, where both sides have it
    options.spread = true  // many dials of one name share the load among its addresses

    var race = RaceConfiguration()  // one that starts the next address sooner, and tries four at most at a time
    race.attemptDelay = .milliseconds(100)
    race.concurrentAttemptLimit = 4
    race.attemptTimeout = .seconds(2)
    options.race = race

    let connection = try await Dialer.shared.connect(to: "db.example.org", port: 5432, options: options)
    print(connection.report)
}
