// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension AddressInfoQuestion {
    /// What `getaddrinfo` would say to this question, where that can be told without the call.
    ///
    /// It never waits, and makes no system call except for the index of a zone by name, where `facts` has no
    /// interfaces. What glibc's answer depends on beside the question is taken from `facts`: the services file for a
    /// service by name, the interfaces for `AI_ADDRCONFIG`. Where that is not known it is `needsLookup`, never a guess.
    ///
    /// Two answers follow the rule "a literal never waits" where glibc looks at the machine:
    /// - a zone of digits is an index, even beside an interface that has those digits as its name;
    /// - no host and no family gives `::1` before `127.0.0.1`, and `0.0.0.0` before `::` for a passive socket, whatever
    ///   `gai.conf` says; with interfaces in `facts`, the order is that of a machine without a `gai.conf`.
    ///
    /// A host or service that holds a NUL fails, with `noName` or `service`: the rest of it cannot reach the call.
    /// - Parameters:
    ///   - strictness: whether what `inet_aton` and `strtoul` alone would read is `refused`.
    ///   - facts: evaluated only where the answer depends on them.
    @inlinable
    @inline(__always)
    public func numericAnswer(
        strictness: Strictness = .system,
        knowing facts: @autoclosure () -> LocalFacts = .unknown
    ) -> NumericAnswer {
        Self.numericAnswer(host: host, service: service, hints: hints, strictness: strictness, knowing: facts())
    }

    /// The same without a question to make first.
    @inlinable
    @inline(__always)
    public static func numericAnswer(
        host: String?,
        service: String?,
        hints: AddressInfoHints,
        strictness: Strictness = .system,
        knowing facts: @autoclosure () -> LocalFacts = .unknown
    ) -> NumericAnswer {
        // Most questions return here.
        if let entry = plainEntry(host, service, hints) { return .answered(AddressInfoList(entry)) }
        return answerInFull(host, service, hints, strictness, facts)
    }

    /// The same for a question in bytes, which need not be valid UTF-8 and need no NUL behind them; `nil` is the C
    /// call's NULL.
    @inlinable
    @inline(__always)
    public static func numericAnswer(
        host: UnsafeBufferPointer<UInt8>?,
        service: UnsafeBufferPointer<UInt8>?,
        hints: AddressInfoHints,
        strictness: Strictness = .system,
        knowing facts: @autoclosure () -> LocalFacts = .unknown
    ) -> NumericAnswer {
        // Most questions return here.
        if let host, let port = PlainQuestion.port(service), let entry = PlainQuestion.entry(host, port: port, hints) {
            return .answered(AddressInfoList(entry))
        }
        return answer(host, service, hints, strictness, facts)
    }

    /// The fast path, without a reference to count in its closures.
    @inlinable
    @inline(__always)
    static func plainEntry(_ host: String?, _ service: String?, _ hints: AddressInfoHints) -> AddressInfo? {
        guard let host else { return nil }
        var port: UInt16? = 0
        if let service {
            port = service.utf8.withContiguousStorageIfAvailable { PlainQuestion.plainPort($0) } ?? nil
        }
        guard let port else { return nil }
        return host.utf8.withContiguousStorageIfAvailable { PlainQuestion.entry($0, port: port, hints) } ?? nil
    }

    @usableFromInline
    @inline(never)
    static func answerInFull(
        _ host: String?,
        _ service: String?,
        _ hints: AddressInfoHints,
        _ strictness: Strictness,
        _ facts: () -> LocalFacts
    ) -> NumericAnswer {
        host.withOptionalUTF8Bytes { host in
            service.withOptionalUTF8Bytes { service in answer(host, service, hints, strictness, facts) }
        }
    }

    @usableFromInline
    static func answer(
        _ host: UnsafeBufferPointer<UInt8>?,
        _ service: UnsafeBufferPointer<UInt8>?,
        _ hints: AddressInfoHints,
        _ strictness: Strictness,
        _ facts: () -> LocalFacts
    ) -> NumericAnswer {
        #if canImport(Glibc)
            NumericReading(dialect: .glibc, hints: hints, strictness: strictness)
                .answer(host: host, service: service, knowing: facts)
        #elseif canImport(Darwin)
            NumericReading(dialect: .darwin, hints: hints, strictness: strictness)
                .answer(host: host, service: service, knowing: facts)
        #else
            // For a C library without a dialect here, only that is answered which all of them answer alike.
            .needsLookup
        #endif
    }
}
