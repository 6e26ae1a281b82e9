# SPDX-License-Identifier: Apache-2.0
"""DNS servers that misbehave, in one way each, and what the C library and FairDial find through them."""
