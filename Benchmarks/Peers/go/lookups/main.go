// SPDX-License-Identifier: Apache-2.0

// Lookups looks distinct names up with Go's own resolver, A and AAAA of each, so many goroutines at once, and prints one line
// of JSON.
//
// Which servers there are, how long one is waited for and how often is resolv.conf's to say, so it is best started where that
// file is another. With --server every query goes there instead; only one can be given, for Go takes turns among those of
// resolv.conf alone.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type options struct {
	server, prefix  string
	names, inFlight int
	timeout         time.Duration
}

type outcome uint8

const (
	failed outcome = iota
	partial
	whole
)

type lookup struct {
	seconds float64
	outcome outcome
}

type report struct {
	Peer           string  `json:"peer"`
	Names          int     `json:"names"`
	Failed         int     `json:"failed"`
	Partial        int     `json:"partial"`
	Seconds        float64 `json:"seconds"`
	PerSecond      float64 `json:"per_second"`
	User           float64 `json:"user_s"`
	System         float64 `json:"system_s"`
	CPUPerLookup   float64 `json:"cpu_us_per_lookup"`
	Median         float64 `json:"p50_s"`
	NinetyNinth    float64 `json:"p99_s"`
	Slowest        float64 `json:"max_s"`
	MemoryAtStart  float64 `json:"rss_start_mb"`
	Memory         float64 `json:"rss_mb"`
	MemoryAtMost   float64 `json:"rss_peak_mb"`
	Threads        int     `json:"threads"`
}

func main() {
	asked := readOptions()
	lookups := make([]lookup, asked.names)
	for i := range lookups {
		// Touched, so that what is ours is there before memory counts.
		lookups[i].seconds = math.NaN()
	}
	result := report{Peer: runtime.Version(), Names: asked.names, MemoryAtStart: status("VmRSS:") / 1024}
	userBefore, systemBefore := usage()
	began := time.Now()
	lookUpAll(asked, lookups)
	result.Seconds = time.Since(began).Seconds()
	user, system := usage()
	result.User, result.System = user-userBefore, system-systemBefore
	result.Memory, result.MemoryAtMost = status("VmRSS:")/1024, status("VmHWM:")/1024
	result.Threads = int(status("Threads:"))
	result.summarize(lookups)
	line, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func readOptions() options {
	var asked options
	flag.StringVar(&asked.server, "server", "", "`address:port` of the one server; those of resolv.conf if there is none")
	flag.StringVar(&asked.prefix, "prefix", "p", "what names start with")
	flag.IntVar(&asked.names, "names", 0, "how many names")
	flag.IntVar(&asked.inFlight, "in-flight", 0, "how many at once")
	seconds := flag.Float64("lookup-timeout", 0, "`seconds` that a lookup may take")
	flag.Parse()
	asked.timeout = time.Duration(*seconds * float64(time.Second))
	if asked.names < 1 || asked.inFlight < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	return asked
}

func lookUpAll(asked options, lookups []lookup) {
	resolver := &net.Resolver{PreferGo: true}
	if asked.server != "" {
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, asked.server)
		}
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(asked.inFlight, asked.names) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for {
				number := int(next.Add(1)) - 1
				if number >= asked.names {
					return
				}
				// Rooted: no search list.
				name := asked.prefix + strconv.Itoa(number) + ".bench.test."
				lookups[number] = lookUp(resolver, name, asked.timeout)
			}
		}()
	}
	workers.Wait()
}

func lookUp(resolver *net.Resolver, name string, timeout time.Duration) lookup {
	began := time.Now()
	ctx := context.Background()
	if timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		ctx = limited
	}
	addresses, err := resolver.LookupNetIP(ctx, "ip", name)
	took := time.Since(began)
	if err != nil {
		return lookup{took.Seconds(), failed}
	}
	if timeout > 0 && took > timeout {
		return lookup{timeout.Seconds(), failed}
	}
	var hasV4, hasV6 bool
	for _, address := range addresses {
		isV4 := address.Unmap().Is4()
		hasV4 = hasV4 || isV4
		hasV6 = hasV6 || !isV4
	}
	if hasV4 && hasV6 {
		return lookup{took.Seconds(), whole}
	}
	return lookup{took.Seconds(), partial}
}

func (r *report) summarize(lookups []lookup) {
	names := float64(r.Names)
	r.PerSecond = names / r.Seconds
	r.CPUPerLookup = (r.User + r.System) / names * 1e6
	times := make([]float64, 0, len(lookups))
	for _, each := range lookups {
		times = append(times, each.seconds)
		switch each.outcome {
		case failed:
			r.Failed++
		case partial:
			r.Partial++
		}
	}
	slices.Sort(times)
	r.Median = times[(len(times)-1)/2]
	r.NinetyNinth = times[int(math.Ceil(0.99*names))-1]
	r.Slowest = times[len(times)-1]
}

func usage() (user, system float64) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano()).Seconds(), time.Duration(usage.Stime.Nano()).Seconds()
}

// A number of /proc/self/status, or 0 where there is none.
func status(field string) float64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), field); found {
			value, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return value
		}
	}
	return 0
}
