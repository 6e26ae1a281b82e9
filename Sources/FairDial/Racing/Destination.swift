// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Where one attempt to connect goes.
@available(FairDial 0.1, *)
public enum Destination: Hashable, Sendable {
    /// An address and a port.
    case internet(Endpoint)

    /// A Unix domain socket, by its path in the file system.
    case local(path: String)

    /// The endpoint, unless it is a path.
    public var endpoint: Endpoint? {
        switch self {
        case .internet(let endpoint): endpoint
        case .local: nil
        }
    }

    /// The address family, unless it is a path.
    var family: AddressFamily? {
        endpoint?.address.family
    }
}

@available(FairDial 0.1, *)
extension Destination: CustomStringConvertible {
    /// The endpoint, or the path; what is not printable in it is shown as an escape.
    public var description: String {
        switch self {
        case .internet(let endpoint): "\(endpoint)"
        case .local(let path): path.printable
        }
    }
}
