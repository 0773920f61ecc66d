package outbox

import (
	"context"
	"errors"
	"time"

	"mailgun-connector/connector"
)

// settleInTime is settle for a caller that may have too little time left to wait for
// it: the outcome is known then, if not stored yet.
func (o *Outbox) settleInTime(caller context.Context, s *Settlement, leaseEnd time.Time) {
	if end, ok := caller.Deadline(); !ok || time.Until(end) > storeTimeout {
		o.settle(caller, s, leaseEnd)
		return
	}
	settled := make(chan struct{})
	o.done.Go(func() {
		defer close(settled)
		o.settle(caller, s, leaseEnd)
	})
	select {
	case <-settled:
	case <-caller.Done():
	}
}

// settle stores a settlement, even if the caller's time is up.
func (o *Outbox) settle(ctx context.Context, s *Settlement, leaseEnd time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := o.store(ctx, s); err != nil {
		o.Logger.Error("an outcome could not be stored yet", "id", s.ID, "state", s.State, "error", err)
		o.done.Go(func() { o.settleLater(s, leaseEnd) })
	}
}

// settleLater goes on trying to store an outcome until the lease ends: then somebody
// else sends the message again.
func (o *Outbox) settleLater(s *Settlement, leaseEnd time.Time) {
	for last := false; !last; {
		select {
		case <-o.running.Done():
			last = true
		case <-time.After(pollInterval):
		}
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		err := o.store(ctx, s)
		cancel()
		if err == nil {
			return
		}
		last = last || !time.Now().Before(leaseEnd)
	}
	o.Logger.Error("an outcome could not be stored; the message is tried again after its lease",
		"id", s.ID, "state", s.State)
}

// store stores a settlement. One that came too late is no error; if the mail was sent,
// it was sent twice, unless it is this very outcome that is stored already.
func (o *Outbox) store(ctx context.Context, s *Settlement) error {
	err := o.Store.Settle(ctx, s)
	if err == nil {
		o.Metrics.moved(connector.Sending, s.State)
		return nil
	}
	if !errors.Is(err, ErrStale) || s.State != connector.Sent {
		return ignore(err, ErrStale)
	}
	stored, err := o.Store.Get(ctx, s.ID)
	if err != nil {
		return ignore(err, connector.ErrNoMessage)
	}
	if stored.ProviderID != s.ProviderID {
		o.Metrics.duplicates.Inc()
		o.Logger.Warn("a message was sent twice", "id", s.ID)
	}
	return nil
}

// ignore returns err unless it is the one that does not matter.
func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}
