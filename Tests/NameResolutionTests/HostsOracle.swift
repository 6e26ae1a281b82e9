// SPDX-License-Identifier: Apache-2.0

import TestHelpers

#if os(Linux) && canImport(Glibc)
    import Glibc
    import IPAddresses
    import NameResolution

    /// Asks the C library what it makes of hosts files, from a process with files of its own in `/etc`.
    enum HostsOracle {
        struct Question {
            let file: String
            let name: String
            let families: AddressFamilies
        }

        /// Whether this machine lets us have a mount namespace, and has what it takes.
        static let canSit: Bool = {
            guard let folder = try? TemporaryFolder() else { return false }
            return (try? answers(to: [], in: folder)) != nil
        }()

        /// The C library's answer to each question: addresses in order, or `nil` where it knows of none.
        static func answers(to questions: [Question], in folder: TemporaryFolder) throws -> [[String]?] {
            try folder.write("hosts: files\n", to: "nsswitch.conf")
            for name in ["current", "gai.conf"] { try folder.write("", to: name) }
            try folder.write(questions.map(line).joined(), to: "questions")
            // Root needs no user namespace, and in a container may not be allowed one.
            let namespaces = geteuid() == 0 ? "-m" : "-rm"
            let output = try run(["unshare", namespaces, "sh", "-ec", mounts, "sh", folder.path, script])
            return try output.split(separator: "\n").map { line in
                let words = line.split(separator: " ")
                if words.first == "unknown" { return nil }
                return try words.map { try IPAddress($0).description }
            }
        }

        private static func line(_ question: Question) -> String {
            let family = question.families == .ipv4 ? AF_INET : question.families == .ipv6 ? AF_INET6 : AF_UNSPEC
            return "\(question.file) \(family) \(question.name)\n"
        }

        private static let mounts = """
            mount --bind "$1/current" /etc/hosts
            mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
            if [ -e /etc/gai.conf ]; then mount --bind "$1/gai.conf" /etc/gai.conf; fi
            RESOLV_MULTI=on exec python3 -c "$2" "$1"
            """

        /// Rewrites one file in place, which `/etc/hosts` is bound to, and asks; an error other than "no such name"
        /// ends the script.
        private static let script = """
            import socket, sys
            folder, current = sys.argv[1], None
            unknown = (socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY)
            for line in open(folder + "/questions", "rb"):
                file, family, name = line[:-1].split(b" ", 2)
                if file != current:
                    current = file
                    with open(folder + "/current", "wb") as hosts:
                        hosts.write(open(folder.encode() + b"/" + file, "rb").read())
                try:
                    entries = socket.getaddrinfo(name, None, int(family), socket.SOCK_STREAM)
                    print(*(entry[4][0] for entry in entries))
                except socket.gaierror as error:
                    if error.errno not in unknown: raise
                    print("unknown")
            """

        /// Runs a command to its end.
        ///
        /// - Returns: what it has written to its standard output.
        private static func run(_ words: [String]) throws -> String {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw TemporaryFolder.Failure("pipe", errno) }
            defer { close(ends[0]) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
            var arguments = words.map { strdup($0) } + [nil]
            defer { arguments.forEach { free($0) } }
            var child: pid_t = 0
            let failure = posix_spawnp(&child, words[0], &actions, nil, &arguments, environ)
            close(ends[1])
            guard failure == 0 else { throw TemporaryFolder.Failure("posix_spawnp", failure) }

            var output: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 64 * 1024)
            while true {
                let count = read(ends[0], &chunk, chunk.count)
                if count > 0 { output += chunk[..<count] }
                if count == 0 || count < 0 && errno != EINTR { break }
            }
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            guard status == 0 else { throw TemporaryFolder.Failure(words.joined(separator: " "), ECHILD) }
            return String(decoding: output, as: UTF8.self)
        }
    }
#endif
