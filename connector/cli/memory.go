package cli

import (
	"runtime"
	"runtime/debug"
)

// memoryTarget is where the collector begins to work harder to keep the process
// small, as a sidecar should be. It is no bound: a thousand sends that wait for
// Mailgun need a little more, and get it (docs/performance.md).
const memoryTarget = 24 << 20

// limitMemory sets the target, unless the operator has set one by GOMEMLIMIT.
func limitMemory(getenv func(string) string) {
	runtime.MemProfileRate = 0 // nothing reads the profile, and its table is a megabyte
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryTarget)
	}
}
