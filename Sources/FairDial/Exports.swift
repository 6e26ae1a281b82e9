// SPDX-License-Identifier: Apache-2.0

// The modules whose types stand in signatures that every caller meets: one `import FairDial` is enough for them
// (decision 0021).
@_exported public import ConnectionRacing
@_exported public import IPAddresses
@_exported public import NameResolution
