// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Testing

@testable import FairPool

@Suite struct `A table of a pool's numbers` {
    @Test(arguments: [1, 3, 8, 40, 200] as [UInt64])
    func `holds what a dictionary holds`(span: UInt64) {
        var random = SeededGenerator(seed: span)
        var table = NumberedTable<Int>()
        var twin: [UInt64: Int] = [:]
        var newest: UInt64 = 0
        for step in 0..<20_000 {
            // Old numbers come again and again, as connections that stay do; most are near the newest one.
            let number = UInt64.random(in: 1...max(1, newest), using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where UInt64(twin.count) < span, 1 where UInt64(twin.count) < span:
                newest += UInt64.random(in: 1...3, using: &random)
                table[newest] = step
                twin[newest] = step
            case 2:
                table[number]? += 1
                twin[number]? += 1
            case 3:
                table.change(number) { $0 += 2 }
                twin[number]? += 2
            case 4:
                let oldest = twin.keys.randomElement(using: &random) ?? number
                #expect(table.removeValue(forKey: oldest) == twin.removeValue(forKey: oldest))
            default:
                let gone = twin.keys.max() ?? number
                table[gone] = nil
                twin[gone] = nil
            }
            #expect(table[number] == twin[number])
            #expect(table.count == twin.count)
        }
        #expect(table.keys.sorted() == twin.keys.sorted())
        #expect(table.values.sorted() == twin.values.sorted())
        #expect(table.isEmpty == twin.isEmpty)
    }
}
