package connector_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"mailgun-connector/connector"
)

// Every reason has its words: sentences that say what happened, and what to do.
func TestReasonsHaveWords(t *testing.T) {
	t.Parallel()
	for file, kind := range map[string]struct {
		declared *regexp.Regexp
		words    func(reason string) connector.Words
		all      int
	}{
		"reason.go": {
			regexp.MustCompile(`Reason\w+ +Reason = "([a-z_]+)"`),
			func(reason string) connector.Words { return connector.Reason(reason).Words() }, len(connector.Reasons()),
		},
		"callreason.go": {
			regexp.MustCompile(`Call\w+ +CallReason = "([a-z_]+)"`),
			func(reason string) connector.Words { return connector.CallReason(reason).Words() }, len(connector.CallReasons()),
		},
	} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		declared := kind.declared.FindAllSubmatch(source, -1)
		if len(declared) != kind.all {
			t.Errorf("%s declares %d reasons, and %d have words", file, len(declared), kind.all)
		}
		for _, d := range declared {
			words := kind.words(string(d[1]))
			for _, text := range []string{words.What, words.Hint} {
				if !strings.HasSuffix(text, ".") || strings.Contains(text, "  ") {
					t.Errorf("words of %s = %q, want sentences", d[1], text)
				}
			}
		}
		if words := kind.words("of another version"); words != (connector.Words{}) {
			t.Errorf("words of an unknown reason = %+v, want none", words)
		}
	}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	attempts := []connector.Attempt{{Reason: connector.ReasonUnreachable}, {Reason: connector.ReasonFailing}}
	events := []connector.Event{
		{State: connector.Delayed, Reason: connector.ReasonGreylisted},
		{State: connector.Bounced, Reason: connector.ReasonNoMailbox},
		{State: connector.Delivered, Reason: connector.ReasonDelivered},
	}
	for state, want := range map[connector.State]connector.Reason{
		connector.NotAccepted: connector.ReasonRecipientLimit,
		connector.Accepted:    connector.ReasonSending,
		connector.Sending:     connector.ReasonSending,
		connector.Queued:      connector.ReasonFailing,
		connector.Failed:      connector.ReasonFailing,
		connector.Sent:        connector.ReasonNotReported,
		connector.Expired:     connector.ReasonUntimely,
		connector.Cancelled:   connector.ReasonCancelled,
		connector.Delivered:   connector.ReasonDelivered,
		connector.Bounced:     connector.ReasonNoMailbox,
		connector.Complained:  "",
	} {
		m := connector.Message{State: state, Reason: connector.ReasonRecipientLimit, Attempts: attempts, Events: events}
		if got := m.Why(); got != want {
			t.Errorf("Why() of %s = %s, want %s", state, got, want)
		}
	}
	waiting := connector.Message{State: connector.Queued}
	if got := waiting.Why(); got != connector.ReasonWaiting {
		t.Errorf("Why() of what was never tried = %s, want %s", got, connector.ReasonWaiting)
	}
}
