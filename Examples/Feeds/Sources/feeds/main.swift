// SPDX-License-Identifier: Apache-2.0

import FeedStory

// Before anything is awaited: a process can leave its network only while it has this one thread.
FeedsTool.prepare()
await FeedsTool.launch()
