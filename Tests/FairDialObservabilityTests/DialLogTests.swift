// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialObservability
import FairDialTestKit
import InMemoryLogging
import Logging
import Testing

/// What stands in the log of a dial, at which level, and by whose logger.
@Suite(.timeLimit(.minutes(15))) struct `A dial in the log` {
    private static func logger(_ level: Logger.Level) -> (Logger, InMemoryLogHandler) {
        let handler = InMemoryLogHandler()
        var logger = Logger(label: "test") { _ in handler }
        logger.logLevel = level
        return (logger, handler)
    }

    private static func observer(_ logger: Logger?) -> DialObservability {
        var configuration = ObservabilityConfiguration()
        configuration.logger = logger
        configuration.measures = false
        configuration.traces = false
        return DialObservability(configuration)
    }

    @Test func `is at debug where it failed, with the facts of the error`() throws {
        let (logger, handler) = Self.logger(.debug)
        let end = Self.observer(logger).dialBegins(to: try Target(host: "db.test", port: 80))
        end?(try ObservedDials.dial(.failed(ObservedDials.error(.lookupTimeout)), DialReport()))
        let entry = try #require(handler.entries.first)
        #expect(handler.entries.count == 1)
        #expect(entry.level == .debug)
        #expect(entry.message == "dial failed")
        #expect(entry.metadata["dial.code"] == "lookupTimeout")
        #expect(entry.metadata["dial.target"] == "db.test:80")
    }

    @Test func `is at trace where it connected`() throws {
        let (logger, handler) = Self.logger(.trace)
        let end = Self.observer(logger).dialBegins(to: try Target(host: "db.test", port: 80))
        end?(try ObservedDials.connected())
        let entry = try #require(handler.entries.first)
        #expect(entry.level == .trace)
        #expect(entry.metadata["dial.lookup_s"]?.description == "0.02")
        #expect(entry.metadata["dial.destination"] == "192.0.2.2:80")
        #expect(entry.metadata["dial.server"] == "192.0.2.53:53")
    }

    @Test func `has no bytes that a terminal obeys`() throws {
        let (logger, handler) = Self.logger(.debug)
        let end = Self.observer(logger).dialBegins(to: try Target(host: "db.test", port: 80))
        let error = DialError(.nameNotFound, "no \u{1B}[31mname\n", target: "db\u{7}.test:80")
        end?(try ObservedDials.dial(.failed(error), DialReport()))
        let text = "\(handler.entries)"
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
    }

    @Test(arguments: ["app:secret@db.test", "https://app:secret@db.test"])
    func `shows no password that was given with a name`(host: String) throws {
        let (logger, handler) = Self.logger(.trace)
        let end = Self.observer(logger).dialBegins(to: try Target(host: host, port: 80))
        end?(try ObservedDials.connected(host: host))
        let error = DialError(.nameNotFound, "no such name", target: "\(try Target(host: host, port: 80))")
        end?(try ObservedDials.dial(.failed(error), DialReport(), to: host))
        #expect(handler.entries.count == 2)
        #expect(handler.entries.allSatisfy { "\($0)".contains("…@db.test") })
        #expect(!"\(handler.entries)".contains("secret"))
    }

    @Test func `is not made for a logger that takes neither level`() throws {
        let (logger, _) = Self.logger(.info)
        #expect(Self.observer(logger).dialBegins(to: try Target(host: "db.test", port: 80)) == nil)
    }

    @Test func `goes to the logger of the task that began the dial`() async throws {
        let (logger, handler) = Self.logger(.trace)
        let observer = Self.observer(nil)
        let end = try withLogger(logger) { _ in observer.dialBegins(to: try Target(host: "db.test", port: 80)) }
        end?(try ObservedDials.connected())
        #expect(handler.entries.count == 1)
    }

    @Test func `is written by a dialer`() async throws {
        let (logger, handler) = Self.logger(.trace)
        var configuration = DialerConfiguration()
        configuration.observer = Self.observer(logger)
        let script = try ScriptedDialer(
            names: ["db.test": .addresses("192.0.2.1")],
            network: ["192.0.2.1:80": .connects(after: .zero)],
            configuration: configuration
        )
        async let dialed = script.dialer.connect(to: "db.test", port: 80)
        await script.clock.sleepers()
        await script.clock.advance(to: .milliseconds(1))
        _ = try await dialed
        #expect(handler.entries.map(\.message) == ["dialed"])
    }
}
