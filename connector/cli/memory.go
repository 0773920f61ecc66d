package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// gcPercent is above Go's 100: a send costs an eighth less processor time. 400
	// saves hardly more and takes a third more memory (docs/performance.md).
	gcPercent = 200
	// heapShare is how much of a container's memory Go may fill before it collects
	// more often. The rest is for what it does not count: the program itself, and
	// the kernel's part of two thousand connections.
	heapShare = 0.9
)

// collectorPolicy says how the garbage collector works. A zero leaves Go's own.
type collectorPolicy struct {
	percent int
	limit   int64 // bytes, soft
}

// newCollectorPolicy returns our policy, less what the operator has set by GOGC and
// GOMEMLIMIT, which the runtime has taken already. container returns the memory
// limit of the process's container, or an error if there is none.
func newCollectorPolicy(getenv func(string) string, container func() (uint64, error)) collectorPolicy {
	var p collectorPolicy
	if getenv("GOGC") == "" {
		p.percent = gcPercent
	}
	if getenv("GOMEMLIMIT") == "" {
		if limit, err := container(); err == nil {
			p.limit = int64(float64(limit) * heapShare)
		}
	}
	return p
}

func (p collectorPolicy) apply() {
	if p.percent != 0 {
		debug.SetGCPercent(p.percent)
	}
	if p.limit != 0 {
		debug.SetMemoryLimit(p.limit)
	}
}

// tuneMemory sets the policy of a process that serves.
func tuneMemory(getenv func(string) string) {
	runtime.MemProfileRate = 0 // nothing reads the profile, and its table is a megabyte
	newCollectorPolicy(getenv, memlimit.FromCgroup).apply()
}
