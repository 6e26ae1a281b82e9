// SPDX-License-Identifier: Apache-2.0

import AddressInfoOracle
import ArgumentParser
import FairDialTestKit
import Foundation
import GetAddrInfo

/// `oracle`: asks us and the C library the same questions, and ends with status 1 where they differ.
@main
struct OracleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oracle",
        abstract: "Compare the answers to literals with the C library's, here or in a network of its own."
    )

    @Flag(help: "Ask the whole product of the corpus: every host, family, type, protocol and flag.")
    var everything = false

    @Option(help: "With --everything: which part of how many, as 0/2.")
    var part = Part(index: 0, count: 1)

    @Option(help: "How many random questions to ask, half of them drawn from the product, half mutated.")
    var questions = 100_000

    @Option(help: "Where the random questions start.")
    var seed: UInt64 = 1

    @Option(help: "The network to ask in: \(Network.allCases.map(\.rawValue).joined(separator: ", ")).")
    var network: Network?

    @Flag(help: "With --network: over a services file of random lines.")
    var randomServices = false

    @Flag(help: "With --network: add an address, and see that it is known of at once.")
    var watch = false

    func run() throws {
        var generator = SeededGenerator(seed: seed)
        if let network {
            try network.enter()
            if randomServices { try RandomServices.show(using: &generator) }
            if watch { return try WatchedNetwork.check() }
        }
        let services = ServicesFile(try Data(contentsOf: URL(fileURLWithPath: "/etc/services")))
        guard let interfaces = InterfaceTable.read() else { throw ValidationError("the interfaces cannot be read") }
        let facts = LocalFacts(services: services, interfaces: interfaces)
        var oracle = Oracle(facts: facts)
        if everything {
            for index in stride(from: part.index, to: QuestionProduct.count, by: part.count) {
                oracle.compare(QuestionProduct.question(index))
            }
        } else {
            for _ in 0..<questions / 2 {
                oracle.compare(QuestionProduct.question(Int.random(in: 0..<QuestionProduct.count, using: &generator)))
                var question = QuestionMutation.question(using: &generator)
                if randomServices, Bool.random(using: &generator) {
                    question.service = RandomServices.name(using: &generator)
                }
                oracle.compare(question)
            }
        }
        print(oracle.summary)
        for difference in oracle.differences { print(difference) }
        if oracle.disagreed > 0 || oracle.compared == 0 { throw ExitCode(1) }
    }
}
