// SPDX-License-Identifier: Apache-2.0

import CSockets
package import DNSMessages
import GetAddrInfo

/// Names that are not ASCII, as DNS has them: `münchen.de` is asked for as `xn--mnchen-3ya.de` (UTS 46, not
/// transitional).
///
/// The system's libidn2 converts, as it does for `getaddrinfo` under AI_IDN; where it is not installed such a name is
/// refused, and never goes out as it is (docs/decisions/0016-idna.md).
@available(FairDial 0.1, *)
package enum InternationalName {
    /// The longest A-labels that a name can have, with a final dot.
    private static let longest = 254

    /// The name in ASCII; the text itself where it is that already.
    ///
    /// - Throws: `DomainNameError`: `hostCharacter` for what no host's name has, `notASCII` where there is no
    ///   conversion.
    package static func ascii(_ text: String) throws(DomainNameError) -> String {
        guard let first = text.utf8.firstIndex(where: { $0 >= 0x80 }) else { return text }
        for (offset, byte) in text.utf8.enumerated() where byte < 0x80 {
            let isHost = withUnsafeBytes(of: byte) { DomainName.isPlainHost($0) } || byte == UInt8(ascii: "-")
            if !isHost {
                let character = UnicodeScalar(byte).escaped(asASCII: true)
                throw DomainNameError(.hostCharacter, at: offset, detail: character)
            }
        }
        let offset = text.utf8.distance(from: text.utf8.startIndex, to: first)
        let ascii: String
        switch convert(text) {
        case .success(let converted): ascii = converted
        case .failure(let fault): throw DomainNameError(.notASCII, at: offset, detail: fault.reason)
        }
        // Some characters convert to more than letters: the single character that looks like "a/c" becomes those three,
        // and full-width digits become digits.
        var checked = ascii
        guard checked.withUTF8({ DomainName.isPlainHost(UnsafeRawBufferPointer($0)) }),
            case .name = NumericHost(ascii, knowing: .unknown)
        else {
            throw DomainNameError(.notASCII, at: offset, detail: "it becomes \"\(ascii)\", which is no host name")
        }
        return ascii
    }

    /// A name of whatever kind, with its international labels converted.
    package static func domainName(_ text: String) throws(DomainNameError) -> DomainName {
        try DomainName(ascii(text))
    }

    /// A host's name as DNS is asked for it, and its text.
    package static func host(_ text: String) throws(DomainNameError) -> (name: DomainName, text: String) {
        do throws(DomainNameError) {
            return (try DomainName(host: text), text)
        } catch {
            guard error.reason == .notASCII else { throw error }
            let ascii = try ascii(text)
            return (try DomainName(host: ascii), ascii)
        }
    }

    /// What is wrong with a host's name, as a clause for a person; `nil` where DNS may be asked for it.
    package static func fault(inHost text: String) -> String? {
        do throws(DomainNameError) {
            _ = try host(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The form in which names are compared: as on the wire, in lower case. A name that has no form on the wire is
    /// compared as it is.
    package static func key(of text: String) -> String {
        // Nearly every name returns here: every lookup calls this, and contiguous bytes are scanned fast.
        let isPlain = text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isOwnKey) }
        if isPlain == true { return text }
        return ((try? ascii(text)) ?? text).asciiLowercased
    }

    /// Whether a byte is its own key: ASCII, and no capital letter.
    private static func isOwnKey(_ byte: UInt8) -> Bool {
        byte < 0x80 && byte &- UInt8(ascii: "A") >= 26
    }

    private struct Fault: Error {
        let reason: String
    }

    private static func convert(_ text: String) -> Result<String, Fault> {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: longest + 1) { room in
            var reason: UnsafePointer<CChar>?
            let length = fairdial_idna_ascii(text, room.baseAddress, room.count, &reason)
            if length >= 0 {
                return .success(String(decoding: room.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
            guard length == FAIRDIAL_IDNA_MISSING else {
                return .failure(Fault(reason: reason.map { String(cString: $0) } ?? "its A-labels are too long"))
            }
            return .failure(Fault(reason: "libidn2 is not installed here; write its A-label, which begins with xn--"))
        }
    }
}
