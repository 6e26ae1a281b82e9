// SPDX-License-Identifier: Apache-2.0

module parse

go 1.22
