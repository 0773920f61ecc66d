package ratelimit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

// senderFunc is a [connector.Sender] of one function.
type senderFunc func(context.Context, *connector.Email) (connector.Receipt, error)

func (f senderFunc) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	return f(ctx, mail)
}

// fixed is a limiter that always says the same, and counts what is given back.
type fixed struct {
	wait  time.Duration
	err   error
	given int
}

func (f *fixed) Take(context.Context, connector.RecipientHash) (time.Duration, error) {
	return f.wait, f.err
}

func (f *fixed) GiveBack(ctx context.Context, _ connector.RecipientHash) error {
	f.given++
	return ctx.Err()
}

func TestSender(t *testing.T) {
	t.Parallel()
	broken := errors.New("no route to the counter")
	for _, tt := range []struct {
		name                    string
		limiter                 fixed
		sent, refusals, failing int
	}{
		{"within", fixed{}, 1, 0, 0},
		{"over", fixed{wait: time.Minute}, 0, 1, 0},
		{"failing open", fixed{err: broken}, 1, 0, 1},
		{"failing open in spite of a wait", fixed{wait: time.Minute, err: broken}, 1, 0, 1},
	} {
		sent, refusals, failing := 0, 0, 0
		l := &ratelimit.Sender{
			Next: senderFunc(func(context.Context, *connector.Email) (connector.Receipt, error) {
				sent++
				return connector.Receipt{ProviderID: "id"}, nil
			}),
			Limiter:  &tt.limiter,
			OnRefuse: func() { refusals++ },
			OnError:  func(error) { failing++ },
		}
		receipt, err := l.Send(t.Context(), &connector.Email{})
		if sent != tt.sent || refusals != tt.refusals || failing != tt.failing || tt.limiter.given != 0 {
			t.Errorf("Send %s: %d sent, %d refused, %d failing, %d given back; want %d, %d, %d, none",
				tt.name, sent, refusals, failing, tt.limiter.given, tt.sent, tt.refusals, tt.failing)
		}
		if tt.sent == 1 {
			if err != nil || receipt.ProviderID != "id" {
				t.Errorf("Send %s = %+v, %v, want the next sender's receipt", tt.name, receipt, err)
			}
			continue
		}
		var e *connector.Error
		if !errors.As(err, &e) || e.Code != connector.RateLimitExceeded || e.Outcome != connector.NotSent || e.RetryAfter != time.Minute || !e.Retryable() {
			t.Errorf("Send %s = %+v, want rate_limit_exceeded, not sent, after a minute", tt.name, err)
		}
	}
}

// What surely was not sent gives its place back, also when the send's time is up; what
// was sent, may have been, or will be keeps it.
func TestFailedSendsDoNotCount(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		receipt connector.Receipt
		err     error
		given   int
	}{
		"sent":                    {connector.Receipt{ProviderID: "id"}, nil, 0},
		"queued":                  {connector.Receipt{Queued: true}, nil, 0},
		"unknown":                 {connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.Unknown}, 0},
		"Mailgun failed":          {connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.Unknown, MailgunStatus: 502}, 1},
		"a success without an id": {connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.Unknown, MailgunStatus: 200}, 0},
		"a defect":                {connector.Receipt{}, errors.New("a defect"), 0},
		"another message's":       {connector.Receipt{MessageID: "other", ProviderID: "id"}, nil, 1},
		"refused":                 {connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.Refused}, 1},
		"not sent":                {connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.NotSent}, 1},
		"Mailgun's own limit":     {connector.Receipt{}, &connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent}, 1},
		"invalid at a later step": {connector.Receipt{}, &connector.Error{Code: connector.InvalidRequest}, 1},
	} {
		l := &fixed{}
		ctx, cancel := context.WithCancel(t.Context())
		s := &ratelimit.Sender{
			Next: senderFunc(func(context.Context, *connector.Email) (connector.Receipt, error) {
				cancel()
				return tt.receipt, tt.err
			}),
			Limiter: l, OnRefuse: func() {}, OnError: func(err error) { t.Errorf("%s: OnError(%v), want no error", name, err) },
		}
		if receipt, err := s.Send(ctx, &connector.Email{}); receipt != tt.receipt || !errors.Is(err, tt.err) {
			t.Errorf("Send %s = %+v, %v, want what the next sender says", name, receipt, err)
		}
		if l.given != tt.given {
			t.Errorf("Send %s gave back %d, want %d", name, l.given, tt.given)
		}
	}
}
