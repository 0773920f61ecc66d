//go:build !linux

package outbox

import "time"

// sinceBoot is the time since the process was started; where the system says no
// better, its sleep is not in it.
func sinceBoot() time.Duration { return time.Since(started) }
