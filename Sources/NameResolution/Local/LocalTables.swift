// SPDX-License-Identifier: Apache-2.0

import CSockets
package import GetAddrInfo
import NIOConcurrencyHelpers
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The services file and the interfaces of this machine, kept fresh for the code that answers literals (`LocalFacts`).
///
/// Neither is ever read on the thread that asks. A look costs a `stat` or two for the services, and one `recv` that
/// does not wait for the interfaces, whose changes the kernel announces (rtnetlink(7)).
///
/// Where the table is not read yet, or no longer true, there is none for that one question, which then goes to the C
/// library, and a thread of its own reads the table again. So an answer is what the call would say at that moment, or
/// left to the call.
///
/// The interfaces are those of the network namespace that the process was in at the first look.
@available(FairDial 0.1, *)
package final class LocalTables: Sendable {
    /// Starts a thread; returns the system's error number when there is none to be had.
    package typealias ThreadStarter = @Sendable (_ stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Int32?

    /// This machine's.
    package static let system = LocalTables()

    private struct State: Sendable {
        /// The descriptor that takes note of changes; `nil` before the first look, or where there is none to be had.
        var watch: CInt?
        var interfaces: InterfaceTable?
        /// How many changes have been seen: a look consumes the kernel's notice of one, so the thread that reads must
        /// be told by this count.
        var changes = 0
        var isReadingInterfaces = false
        var isReadingServices = false
    }

    /// The largest services file that is read, in bytes: each of its lines costs ten times its size. A larger one is
    /// the C library's to read.
    private static let servicesLimit = 4 * 1024 * 1024

    private let services: WatchedFile<ServicesFile>
    private let nameServiceSwitch: WatchedFile<NameServiceSwitch>
    private let databasePath: String
    private let startThread: ThreadStarter
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - servicesPath: the services file.
    ///   - nameServiceSwitchPath: nsswitch.conf, which says whether the services file is what is asked.
    ///   - databasePath: the database that is asked before it, if there is one.
    package convenience init(
        servicesPath: String = "/etc/services",
        nameServiceSwitchPath: String = "/etc/nsswitch.conf",
        databasePath: String = "/var/db/services.db"
    ) {
        self.init(
            servicesPath,
            nameServiceSwitchPath,
            databasePath,
            now: nil,
            startThread: DetachedThread.start
        )
    }

    package init(
        _ servicesPath: String,
        _ nameServiceSwitchPath: String,
        _ databasePath: String,
        now: (@Sendable () -> Duration)?,
        startThread: @escaping ThreadStarter
    ) {
        services = WatchedFile(
            servicesPath,
            missing: ServicesFile([]),
            upTo: Self.servicesLimit,
            now: now ?? FileStamp.now,
            parse: { ServicesFile($0) }
        )
        nameServiceSwitch = NameServiceSwitch.watched(at: nameServiceSwitchPath, now: now)
        self.databasePath = databasePath
        self.startThread = startThread
    }

    deinit {
        state.withLockedValue { state in
            if let watch = state.watch { close(watch) }
        }
    }

    /// Both tables, each looked at when an answer depends on it.
    package var facts: LocalFacts {
        LocalFacts(services: { self.currentServices() }, interfaces: { self.currentInterfaces() })
    }

    /// Reads what is not read yet or no longer true. **Blocks** on files and on the kernel: for a program that would
    /// rather wait once than leave its first questions to the C library.
    package func refresh() {
        _ = nameServiceSwitch.look()
        _ = services.look()
        if currentInterfaces(onMiss: {}) == nil { readInterfaces() }
    }

    // MARK: Services

    /// The services file as it is now; `nil` where it is being read, or is not what the C library would ask.
    private func currentServices() -> ServicesFile? {
        guard let rules = nameServiceSwitch.contentIfUnchanged(), let table = services.contentIfUnchanged() else {
            readLater(\.isReadingServices) { tables in
                _ = tables.nameServiceSwitch.look()
                _ = tables.services.look()
            }
            return nil
        }
        switch rules.servicesSource {
        case .file: return table
        case .databaseThenFile: return FileStamp(path: databasePath) == nil ? table : nil
        case .other: return nil
        }
    }

    // MARK: Interfaces

    private func currentInterfaces() -> InterfaceTable? {
        currentInterfaces { readLater(\.isReadingInterfaces) { $0.readInterfaces() } }
    }

    private func currentInterfaces(onMiss: () -> Void) -> InterfaceTable? {
        #if os(Linux)
            let table = state.withLockedValue { state -> InterfaceTable? in
                guard let watch = state.watch else { return nil }
                Self.noteChange(&state, watch)
                return state.interfaces
            }
            if let table { return table }
            onMiss()
        #endif
        return nil
    }

    /// Reads the interfaces and keeps them, unless they change while they are read.
    private func readInterfaces() {
        #if os(Linux)
            // The watch first: a change after the reading has begun must be seen.
            let start = state.withLockedValue { state -> (watch: CInt, changes: Int)? in
                if state.watch == nil {
                    let opened = fairdial_watch_interfaces()
                    if opened >= 0 { state.watch = opened }
                }
                guard let watch = state.watch else { return nil }
                Self.noteChange(&state, watch)
                return (watch, state.changes)
            }
            guard let start, let table = InterfaceTable.read() else { return }
            state.withLockedValue { state in
                Self.noteChange(&state, start.watch)
                if state.changes == start.changes { state.interfaces = table }
            }
        #endif
    }

    #if os(Linux)
        private static func noteChange(_ state: inout State, _ watch: CInt) {
            guard fairdial_interfaces_changed(watch) != 0 else { return }
            state.changes += 1
            state.interfaces = nil
        }
    #endif

    // MARK: The reader's thread

    /// Reads on a thread of its own, unless one reads already. Without a thread the next look tries again.
    private func readLater(
        _ isReading: any (WritableKeyPath<State, Bool> & Sendable),
        _ read: @escaping @Sendable (LocalTables) -> Void
    ) {
        let isOurs = state.withLockedValue { state in
            defer { state[keyPath: isReading] = true }
            return !state[keyPath: isReading]
        }
        guard isOurs else { return }
        let failure = startThread(256 * 1024) {
            read(self)
            self.state.withLockedValue { $0[keyPath: isReading] = false }
        }
        if failure != nil { state.withLockedValue { $0[keyPath: isReading] = false } }
    }
}
