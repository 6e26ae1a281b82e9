// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOSSL

/// Between which days a certificate is valid: what of it can be told apart where the TLS library says only that it
/// could not be verified.
struct CertificateDates: Hashable, Sendable {
    /// In seconds since 1970.
    let first: Int
    /// In seconds since 1970.
    let last: Int

    init(first: Int, last: Int) {
        self.first = first
        self.last = last
    }

    init(of certificate: NIOSSLCertificate) {
        self.init(first: Int(certificate.notValidBefore), last: Int(certificate.notValidAfter))
    }

    /// What is wrong with them; `nil` where they are right.
    ///
    /// - Parameter now: the machine's clock, in seconds since 1970.
    func fault(at now: Int) -> String? {
        if now > last { return "the server's certificate has expired on \(Self.day(last))" }
        if now < first {
            return "the server's certificate is valid from \(Self.day(first)) on, and this machine's clock says "
                + Self.day(now)
        }
        return nil
    }

    /// As in 2026-01-31, in UTC.
    private static func day(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
    }
}
