// SPDX-License-Identifier: Apache-2.0
//
// A network and mounts of its own for one process: for the demonstration and the tests, never for a library.

#ifndef CNAMESPACES_H
#define CNAMESPACES_H

#ifdef __linux__
/// Leaves the caller's network and mounts for fresh ones: a user (where needed), mount and network namespace, with the
/// caller as its root and the loopback up. The process must have one thread. Returns 0 or the system's error number;
/// after an error some steps may have been taken, and the process should end.
int fairdial_enter_namespaces(void);

/// Shows one file's contents at another file's path, in this mount namespace. Returns 0 or the system's error number.
int fairdial_bind_mount(const char *file, const char *path);

/// Hides a directory behind an empty one, in this mount namespace. Returns 0 or the system's error number.
int fairdial_hide_directory(const char *path);
#endif

#endif
