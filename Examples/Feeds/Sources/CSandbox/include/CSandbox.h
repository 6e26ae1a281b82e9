// SPDX-License-Identifier: Apache-2.0
//
// The calls that put one process into a network of its own. Swift's module of the C library does not show them.

#ifndef CSANDBOX_H
#define CSANDBOX_H

#ifdef __linux__
/// Enters fresh mount and network namespaces (with a user namespace where the caller is not root) and raises the
/// loopback. Only before the process has a second thread. Returns 0, or the system's error number; after an error the
/// process may be in some of the namespaces, and should not go on.
int feeds_enter_namespaces(void);

/// Shows a file's contents at the path of another one, in this mount namespace alone. Returns 0 or an error number.
int feeds_show_file(const char *file, const char *path);

/// Shows an empty folder at a path, in this mount namespace alone. Returns 0 or an error number.
int feeds_hide_folder(const char *path);
#endif

#endif
