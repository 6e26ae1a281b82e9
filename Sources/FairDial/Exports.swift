// SPDX-License-Identifier: Apache-2.0

// The modules whose types stand in signatures that every caller meets: one `import FairDial` is enough for them
// (docs/decisions/0021-one-machine-for-the-dial.md).
@_exported public import IPAddresses
@_exported public import NameResolution
