// SPDX-License-Identifier: Apache-2.0

/// Where a door listens.
@available(FairDial 0.1, *)
public enum DoorAddress: Hashable, Sendable {
    /// A TCP port of 127.0.0.1.
    case port(UInt16)
    /// A Unix domain socket.
    case path(String)

    /// The port; `nil` for a Unix domain socket.
    public var port: Int? {
        if case .port(let port) = self { Int(port) } else { nil }
    }

    /// The path; `nil` for a port.
    public var path: String? {
        if case .path(let path) = self { path } else { nil }
    }
}

@available(FairDial 0.1, *)
extension DoorAddress: CustomStringConvertible {
    /// `127.0.0.1:54321`, `/run/user/1000/fairdial-door-x3Yz9A/door`.
    public var description: String {
        switch self {
        case .port(let port): "127.0.0.1:\(port)"
        case .path(let path): path
        }
    }
}
