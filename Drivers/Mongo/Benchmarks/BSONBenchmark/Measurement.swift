// SPDX-License-Identifier: Apache-2.0

import BSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Processor time of this process, in seconds: a busy machine does not change it much, as it does the time on the wall.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The best of seven rounds of 0.15 s each, in bytes a second.
func rate(of bytes: Int, _ body: () throws -> Void) rethrows -> Double {
    var repeats = 1
    while true {
        let start = processorTime()
        for _ in 0..<repeats { try body() }
        let time = processorTime() - start
        if time > 0.05 {
            repeats = max(1, Int(Double(repeats) * 0.15 / time))
            break
        }
        repeats *= 2
    }
    var best = 0.0
    for _ in 0..<7 {
        let start = processorTime()
        for _ in 0..<repeats { try body() }
        best = max(best, Double(bytes * repeats) / (processorTime() - start))
    }
    return best
}

/// Takes a value, so that the compiler cannot leave out the making of it.
@inline(never)
func consume<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}

/// Reads every key and value of a document, however deep; makes a string of each key outside arrays, and of each text.
func visit(_ document: BSONDocument) -> Int {
    document.read { reader in
        var sum = 0
        var isArray = [false]
        while true {
            guard reader.next(), let type = reader.type else {
                guard reader.leave() else { return sum }
                isArray.removeLast()
                continue
            }
            if isArray.last == false { consume(reader.key) }
            switch type {
            case .document, .array:
                _ = reader.enter()
                isArray.append(type == .array)
            case .string:
                if let text = reader.string { consume(text) }
            case .int32: sum &+= Int(reader.int32 ?? 0)
            case .int64: sum &+= Int(truncatingIfNeeded: reader.int64 ?? 0)
            case .double: sum &+= Int(truncatingIfNeeded: (reader.double ?? 0).bitPattern)
            case .bool: sum &+= reader.bool == true ? 1 : 0
            case .date: sum &+= Int(truncatingIfNeeded: reader.date?.milliseconds ?? 0)
            default: if let value = reader.value { consume(value) }
            }
        }
    }
}
