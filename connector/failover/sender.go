package failover

import (
	"context"
	"time"

	"mailgun-connector/connector"
)

// minAttempt is the least time worth trying a way for.
const minAttempt = 200 * time.Millisecond

// sender sends by the ways of one config.
type sender struct {
	main, other path
	from        func(string) string
	after       time.Duration
	timeout     time.Duration
}

// Send implements [connector.Sender]. The way that is well goes first, the main one if
// both are or neither is; the other is tried if the first fails by no fault of the mail.
// Only where both are well, a main way that is silent is not waited for to its end.
func (s *sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	mainWell, otherWell := s.main.well(), s.other.well()
	var r result
	switch {
	case mainWell && otherWell && s.after > 0:
		r = s.sendPatiently(ctx, cancel, mail)
	case !mainWell && otherWell:
		r = s.sendOther(ctx, mail).orElse(ctx, mail, s.main.send)
	default:
		r = s.main.send(ctx, mail).orElse(ctx, mail, s.sendOther)
	}
	if r.failure != nil {
		return r.receipt, r.failure
	}
	return r.receipt, nil
}

// sendPatiently sends by the main way, and by the other one too as soon as the main one
// has failed or been silent for too long. The main way may answer all the same then:
// whichever takes the mail first ends the send, by cancelling what is under way.
func (s *sender) sendPatiently(ctx context.Context, cancel func(), mail *connector.Email) result {
	late := make(chan func() result, 1)
	silent := time.AfterFunc(s.after, func() {
		defer func() {
			if p := recover(); p != nil {
				late <- func() result { panic(p) } // where somebody recovers
			}
		}()
		r := s.sendOther(ctx, mail)
		if r.failure == nil {
			cancel()
		}
		late <- func() result { return r }
	})
	defer silent.Stop() // also if the main way panics
	r := s.main.send(ctx, mail)
	switch {
	case silent.Stop(): // the main way has answered in time
		return r.orElse(ctx, mail, s.sendOther)
	case r.failure != nil:
		return join(r, (<-late)())
	}
	select {
	case other := <-late:
		if o := other(); o.failure != nil {
			return join(o, r)
		}
	default:
	}
	r.receipt.Twice = true // the other way has it, or may have it by now
	return r
}

// sendOther sends a mail by the other way, under the sender that it has there.
func (s *sender) sendOther(ctx context.Context, mail *connector.Email) result {
	there := *mail
	there.From = s.from(mail.From)
	return s.other.send(ctx, &there)
}
