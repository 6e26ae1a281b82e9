# SPDX-License-Identifier: Apache-2.0
"""What attackers may do to the tool: servers, files, spellings, shortages, durations; and what must be true all the same."""
