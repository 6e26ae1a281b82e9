// SPDX-License-Identifier: Apache-2.0

// Takes and gives back an idle connection of Go's own pool, database/sql, over a driver that does nothing: COUNT times for
// each line on standard input. Prints how many nanoseconds, and how many allocations, one took.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return connection{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type connection struct{}

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errors.New("no statements here") }
func (connection) Close() error                        { return nil }
func (connection) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions here") }

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pool COUNT")
		os.Exit(2)
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	pool := sql.OpenDB(connector{})
	background := context.Background()
	take := func() {
		connection, err := pool.Conn(background)
		if err != nil {
			panic(err)
		}
		connection.Close()
	}
	take()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for i := 0; i < count; i++ {
			take()
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		fmt.Println(float64(took.Nanoseconds())/float64(count), float64(after.Mallocs-before.Mallocs)/float64(count))
	}
}
