// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// Which service bindings are wanted beside a name's addresses.
///
/// - Source: RFC 9460 §§2.3, 9.1: the records stand at the name itself, or below it with the port and the scheme before
///   it.
@available(FairDial 0.1, *)
public struct BindingQuestion: Hashable, Sendable {
    /// SVCB, or HTTPS.
    package let type: RecordType

    /// The labels before the name, such as `_8443._https`; empty for none.
    package let prefix: String

    private init(type: RecordType, prefix: String) {
        self.type = type
        self.prefix = prefix
    }

    /// What says how an HTTP origin is to be reached: HTTPS records, at the name itself for port 443.
    ///
    /// - Parameter port: the port's number, where it is not 443.
    public static func https(port: UInt16? = nil) -> BindingQuestion {
        let defaultPort: UInt16 = 443
        guard let port, port != defaultPort else { return BindingQuestion(type: .https, prefix: "") }
        return BindingQuestion(type: .https, prefix: "_\(port)._https")
    }

    /// What says how a service of another scheme is to be reached: SVCB records.
    ///
    /// - Parameters:
    ///   - scheme: the scheme's name without its underscore, such as `dns`; one label.
    ///   - port: the port's number, where it is not the scheme's own.
    public static func scheme(_ scheme: String, port: UInt16? = nil) -> BindingQuestion {
        BindingQuestion(type: .svcb, prefix: (port.map { "_\($0)." } ?? "") + "_\(scheme)")
    }

    /// The name that the records of a name's service stand at.
    ///
    /// - Throws: `DomainNameError` where the name and the prefix are no name together.
    package func owner(below name: DomainName) throws(DomainNameError) -> DomainName {
        guard !prefix.isEmpty else { return name }
        return try DomainName(prefix).appending(name)
    }
}
