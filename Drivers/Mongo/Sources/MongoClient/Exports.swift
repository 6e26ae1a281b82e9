// SPDX-License-Identifier: Apache-2.0

// The modules whose types stand in this one's signatures: one `import MongoClient` is enough for them.
@_exported public import BSON
@_exported public import ConnectionStrings
@_exported public import FairDial
@_exported public import FairPool
