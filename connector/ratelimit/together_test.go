package ratelimit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

// Over the limit of one recipient, none of the mails of a call is sent, and the others'
// places are given back.
func TestSendTogether(t *testing.T) {
	t.Parallel()
	limiter, err := ratelimit.NewMemory(ratelimit.Rate{Sends: 1, Per: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan connector.RecipientHash, 10)
	l := &ratelimit.Sender{
		Next: senderFunc(func(_ context.Context, mail *connector.Email) (connector.Receipt, error) {
			sent <- mail.Recipient
			return connector.Receipt{ProviderID: "id"}, nil
		}),
		Limiter: limiter, OnRefuse: func() {}, OnError: func(error) {},
	}
	to := func(recipients ...byte) (all []*connector.Email) {
		for _, r := range recipients {
			all = append(all, &connector.Email{Recipient: connector.RecipientHash{r}})
		}
		return all
	}
	for _, step := range []struct {
		mails []*connector.Email
		sent  int
	}{
		{to(1, 2), 2},
		{to(3, 2), 0}, // 2 has had its one
		{to(3, 4), 2}, // 3 still has its own
		{to(5, 5), 0},
	} {
		handed := l.SendTogether(t.Context(), step.mails)
		if len(sent) != step.sent {
			t.Errorf("%d of %d mails were sent, want %d", len(sent), len(step.mails), step.sent)
		}
		for _, h := range handed {
			failure, limited := errors.AsType[*connector.Error](h.Err)
			if limited != (step.sent == 0) || limited && failure.Code != connector.RateLimitExceeded {
				t.Errorf("a mail of a call of which %d are sent: %v", step.sent, h.Err)
			}
		}
		for len(sent) > 0 {
			<-sent
		}
	}
}
