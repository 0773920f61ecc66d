package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// lifecycle is a stack of what is to be undone when the service ends, be it half-way
// through its start.
type lifecycle struct{ cleanups []cleanup }

type cleanup struct {
	name string // what it does, such as "closing the database"
	run  func(context.Context) error
}

// atEnd has run called by [lifecycle.end]. Its context ends when waiting is no longer of
// use.
func (l *lifecycle) atEnd(name string, run func(context.Context) error) {
	l.cleanups = append(l.cleanups, cleanup{name, run})
}

// end undoes everything, the last first, and whatever fails. Once is enough: it does
// nothing the second time.
func (l *lifecycle) end(ctx context.Context) error {
	var all error
	for _, c := range slices.Backward(l.cleanups) {
		if err := c.run(ctx); err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	l.cleanups = nil
	return all
}
