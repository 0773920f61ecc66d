package outbox

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is the time since the machine was started, its sleep included
// (clock_gettime(2), CLOCK_BOOTTIME). Go's own monotonic time stands still meanwhile,
// and a code must not outlive its life by a night.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Since(started) // no Linux since 2.6.39
	}
	return time.Duration(t.Nano())
}
