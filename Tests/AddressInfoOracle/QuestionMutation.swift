// SPDX-License-Identifier: Apache-2.0

public import FairDialTestKit
public import GetAddrInfo

/// Random questions near those of the corpus: a few bytes of host or service changed, hints that mostly fit.
public enum QuestionMutation {
    private static let alphabet = Array("0123456789abcdefxX.:%+- \t\n*/lo\0１é".unicodeScalars)

    /// One question; the same for the same state of the generator.
    public static func question(using generator: inout SeededGenerator) -> AddressInfoQuestion {
        // Half of the time a host that has an answer, so that the changes happen near one.
        let host: String? =
            Bool.random(using: &generator) ? Corpus.hosts.pick(&generator) : Corpus.addresses.pick(&generator)
        let service = [Corpus.services.pick(&generator), "80", "65537", nil].pick(&generator)
        return AddressInfoQuestion(
            host: sometimesMutated(host, &generator),
            service: sometimesMutated(service, &generator),
            family: [0, 0, 2, 10, 1, -1, QuestionProduct.families.pick(&generator)].pick(&generator),
            socketType: [0, 1, 1, 1, 2, 2, QuestionProduct.types.pick(&generator)].pick(&generator),
            protocolNumber: [0, 0, 0, 0, QuestionProduct.protocols.pick(&generator)].pick(&generator),
            flags: [0, QuestionProduct.flags.pick(&generator), QuestionProduct.flags.pick(&generator)].pick(&generator)
                | (Int.random(in: 0..<4, using: &generator) == 0 ? QuestionProduct.oddFlags.pick(&generator) : 0)
        )
    }

    /// An IPv4 text of one to five parts, in all three bases, most of them nearly right.
    public static func ipv4Question(using generator: inout SeededGenerator) -> AddressInfoQuestion {
        let parts = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
            let limit: UInt64 = [0xff, 0xff, 0xff, 0x1ff, 0xffff, 0xff_ffff, 0x1_ffff_ffff].pick(&generator)
            let number = UInt64.random(in: 0...limit, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: return "0x" + String(number, radix: 16)
            case 1: return "0" + String(number, radix: 8)
            default: return String(number)
            }
        }
        return AddressInfoQuestion(
            host: parts.joined(separator: "."),
            service: "80",
            family: QuestionProduct.families.pick(&generator),
            socketType: 1,
            flags: QuestionProduct.flags.pick(&generator)
        )
    }

    private static func sometimesMutated(_ text: String?, _ generator: inout SeededGenerator) -> String? {
        guard Int.random(in: 0..<3, using: &generator) == 0, let text else { return text }
        return mutated(text, &generator)
    }

    /// One to three small changes: a scalar less, one more of the kind that matters here, or two swapped.
    private static func mutated(_ text: String, _ generator: inout SeededGenerator) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0...scalars.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where place < scalars.count: scalars.remove(at: place)
            case 1 where place < scalars.count: scalars[place] = alphabet.pick(&generator)
            case 2 where place + 1 < scalars.count: scalars.swapAt(place, place + 1)
            default: scalars.insert(alphabet.pick(&generator), at: place)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
