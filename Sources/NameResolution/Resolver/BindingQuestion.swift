// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// Which service bindings are wanted beside a name's addresses.
///
/// - Source: RFC 9460 §§2.3, 9.1: the records stand at the name itself, or below it with the port and the scheme before
///   it.
@available(FairDial 0.1, *)
@nonexhaustive
public enum BindingQuestion: Hashable, Sendable {
    /// What says how an HTTP origin is to be reached: HTTPS records, at the name itself for port 443.
    case https(port: UInt16 = 443)

    /// What says how a service of another scheme is to be reached: SVCB records. The scheme's name is one label without
    /// its underscore, such as `dns`; the port is named where it is not the scheme's own.
    case scheme(String, port: UInt16? = nil)
}

@available(FairDial 0.1, *)
extension BindingQuestion {
    /// SVCB, or HTTPS.
    package var type: RecordType {
        switch self {
        case .https: .https
        case .scheme: .svcb
        }
    }

    /// The labels before the name, such as `_8443._https`; empty for none.
    package var prefix: String {
        switch self {
        case .https(443): ""
        case .https(let port): "_\(port)._https"
        case .scheme(let scheme, let port): (port.map { "_\($0)." } ?? "") + "_\(scheme)"
        }
    }

    /// The name that the records of a name's service stand at.
    ///
    /// - Throws: `DomainNameError` where the name and the prefix are no name together.
    package func owner(below name: DomainName) throws(DomainNameError) -> DomainName {
        guard !prefix.isEmpty else { return name }
        return try DomainName(prefix).appending(name)
    }
}
