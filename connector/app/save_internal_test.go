package app

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// A file that hangs is no mistake in a draft, and none of them is a file that can't be written.
func TestUnread(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	invalid, missing := &config.InvalidError{}, &fs.PathError{Op: "open", Path: "key", Err: fs.ErrNotExist}
	for _, err := range []error{invalid, missing} {
		if got := unread(over, err); !errors.Is(got, configfile.ErrSlow) {
			t.Errorf("unread(%v) when the time is over = %v, want ErrSlow", err, got)
		}
	}
	if got := unread(t.Context(), invalid); !errors.Is(got, invalid) {
		t.Errorf("unread(an invalid config) = %v, want it", got)
	}
	if _, ok := errors.AsType[*configfile.UnreadableError](unread(t.Context(), missing)); !ok {
		t.Errorf("unread(%v) = %v, want an UnreadableError", missing, unread(t.Context(), missing))
	}
	if got := unread(over, nil); got != nil {
		t.Errorf("unread(nil) = %v, want nil", got)
	}
}
