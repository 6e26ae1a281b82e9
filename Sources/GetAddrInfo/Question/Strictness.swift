// SPDX-License-Identifier: Apache-2.0

/// How leniently literals are read, compared with the C library.
@available(FairDial 0.1, *)
public enum Strictness: Hashable, Sendable, CaseIterable {
    /// Equal to the C library: the forms of `inet_aton` (`127.1`, `0x7f.1`, `010.8.8.8`) are addresses, and ports are
    /// read as `strtoul` reads numbers.
    case system

    /// The grammar of `inet_pton`, with a zone where IPv6 may have one, and ports in plain decimal digits, 0 … 65535.
    ///
    /// What the C library would read all the same is refused, not looked up: `010.8.8.8` is 8.8.8.8 to one reader and
    /// 10.8.8.8 to another, so it slips past a check of the text (RFC 6943 §3.1.1). For callers that judge hosts before
    /// they hand them over; one that judges the addresses of an answer needs no strictness.
    case strict
}
