package httpapi

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// A brake holds answers to strangers up, beyond a number that is fine and then so many a
// second. It costs them their time and us a waiting connection, where a refusal at once
// would bring the next try at once.
type brake struct{ *rate.Limiter }

const (
	freeTries      = 30
	triesPerSecond = 10
	// longestHold is well within the five seconds that callers wait: also who is slowed
	// learns what is wrong.
	longestHold = 2 * time.Second
)

func newBrake() brake { return brake{rate.NewLimiter(triesPerSecond, freeTries)} }

// hold returns when the answer may be given, or the caller has gone.
func (b brake) hold(ctx context.Context) {
	turn := b.Reserve()
	wait := turn.Delay()
	if wait > longestHold {
		turn.Cancel() // or the wait of those who come later would grow without end
		wait = longestHold
	}
	if wait == 0 {
		return
	}
	end := time.NewTimer(wait)
	defer end.Stop()
	select {
	case <-end.C:
	case <-ctx.Done():
	}
}
