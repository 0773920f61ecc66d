package tracecontext_test

import (
	"context"
	"strings"
	"testing"

	"mailgun-connector/connector/tracecontext"
)

func TestTraceID(t *testing.T) {
	t.Parallel()
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	const good = "00-" + id + "-" + span + "-01"
	for parent, want := range map[string]string{
		good: id, "00-" + id + "-" + span + "-ff": id,
		"01-" + id + "-" + span + "-01": id, "cc-" + id + "-" + span + "-01-more": id, // later versions may add to the end
		"": "", "00": "", good + "-more": "", good + "0": "", "ff-" + id + "-" + span + "-01": "", "01" + good[2:] + "x": "",
		"00-" + strings.Repeat("0", 32) + "-" + span + "-01": "", "00-" + id + "-" + strings.Repeat("0", 16) + "-01": "",
		strings.ToUpper(good): "", "00_" + good[3:]: "", "0g" + good[2:]: "", good[:53] + "0g": "", "00-" + strings.Repeat("z", 32) + "-" + span + "-01": "",
		good[:54]: "", strings.Repeat("-", 55): "", "00-" + id + "-" + span + "_01": "",
	} {
		if got := (tracecontext.Context{Parent: parent}).ID(); got != want {
			t.Errorf("ID(%q) = %q, want %q", parent, got, want)
		}
	}
}

func TestTraceTravelsWithContext(t *testing.T) {
	t.Parallel()
	want := tracecontext.Context{Parent: "p", State: "s"}
	if got := tracecontext.From(tracecontext.With(t.Context(), want)); got != want {
		t.Errorf("From(With(%v)) = %v", want, got)
	}
	if got := tracecontext.From(context.Background()); got != (tracecontext.Context{}) {
		t.Errorf("From(no trace) = %v, want none", got)
	}
}
