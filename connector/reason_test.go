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
	source, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`Reason\w+ +Reason = "([a-z_]+)"`).FindAllSubmatch(source, -1)
	if len(declared) != len(connector.Reasons()) {
		t.Errorf("%d reasons are declared, %d have words", len(declared), len(connector.Reasons()))
	}
	for _, d := range declared {
		words := connector.Reason(d[1]).Words()
		for _, text := range []string{words.What, words.Hint} {
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "  ") {
				t.Errorf("words of %s = %q, want sentences", d[1], text)
			}
		}
	}
	if words := connector.Reason("of another version").Words(); words != (connector.Words{}) {
		t.Errorf("words of an unknown reason = %+v, want none", words)
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
