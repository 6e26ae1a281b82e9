# SPDX-License-Identifier: Apache-2.0
"""Takes and gives back an idle connection of SQLAlchemy's pool, over a driver that does nothing: COUNT times for each line on
standard input. Prints how many nanoseconds one took.
"""

import sys
import time

from sqlalchemy.pool import QueuePool


class Connection:
    def close(self):
        pass

    def rollback(self):
        pass


count = int(sys.argv[1])
pool = QueuePool(Connection, reset_on_return=None)
pool.connect().close()
for _ in sys.stdin:
    start = time.perf_counter_ns()
    for _ in range(count):
        pool.connect().close()
    print((time.perf_counter_ns() - start) / count, flush=True)
