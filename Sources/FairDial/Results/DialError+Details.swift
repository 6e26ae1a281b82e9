// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a program, rather than a person, asks an error.
@available(FairDial 0.1, *)
extension DialError {
    /// The system's error number, of the attempt that decided or of what ended the channel; `nil` where there was none.
    ///
    /// Where every address failed it is the last one's that has a number.
    public var errno: CInt? {
        if let error = channelError as? IOError { return error.errnoCode }
        switch code {
        case .allAttemptsFailed, .invalidOption, .outOfDescriptors, .outOfThreads, .connectTimeout:
            return report.attempts.last { $0.errorNumber != nil }?.errorNumber
        default: return nil
        }
    }

    /// Whether the peer's certificate was rejected. TLS libraries say so in words of their own, and this module knows
    /// none of their types.
    var isCertificateFailure: Bool {
        guard code == .handshakeFailed, let channelError else { return false }
        let words = "\(channelError)".uppercased()
        return Self.certificateWords.contains { words.contains($0) }
    }

    /// BoringSSL's reasons, NIOSSL's own cases, TLS's alerts about certificates (RFC 8446 §6.2), and what
    /// `ServerNameHandler` says.
    private static let certificateWords = [
        "CERTIFICATE_VERIFY_FAILED", "SERVERHOSTNAMEIMPOSSIBLETOMATCH", "FAILEDTOVALIDATEHOSTNAME",
        "UNABLETOVALIDATECERTIFICATE", "NOSUITABLECERTIFICATE",
        "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN",
        "UNSUPPORTED_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_REQUIRED", "THE CERTIFICATE IS NOT FOR THE NAME",
    ]

    /// The error's facts by name, ready for a structured log's metadata; durations in seconds.
    public var logMetadata: [String: String] {
        var metadata = [
            "dial.target": target,
            "dial.code": code.rawValue,
            "dial.fault": fault.rawValue,
            "dial.retryable": "\(isRetryable)",
            "dial.message": message,
            "dial.queue_s": "\(report.queue / .seconds(1))",
            "dial.lookup_s": "\(report.lookup / .seconds(1))",
            "dial.connect_s": "\(report.connect / .seconds(1))",
            "dial.attempts": "\(report.attempts.count)",
        ]
        if let handshake = report.handshake { metadata["dial.handshake_s"] = "\(handshake / .seconds(1))" }
        if let source = report.source { metadata["dial.source"] = source.rawValue }
        if let server = report.server { metadata["dial.server"] = "\(server)" }
        if let errno { metadata["dial.errno"] = "\(errno)" }
        return metadata
    }
}
