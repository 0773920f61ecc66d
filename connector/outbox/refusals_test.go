package outbox_test

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

func refusal(n int) connector.Refusal {
	r := connector.Refusal{
		Type: "SignIn", Source: "deliveries/SignIn", Reason: connector.ReasonRecipientLimit, Code: connector.RateLimitExceeded,
	}
	binary.BigEndian.PutUint32(r.Recipient[:], uint32(n)) //nolint:gosec // small
	return r
}

// keeping counts what a store is asked to keep.
type keeping struct {
	outbox.Store
	writes, rows int
	err          error
}

func (k *keeping) Keep(ctx context.Context, rows []*outbox.Row) error {
	k.writes, k.rows = k.writes+1, k.rows+len(rows)
	if k.err != nil {
		return k.err
	}
	return k.Store.Keep(ctx, rows)
}

func refused(t *testing.T, store outbox.Store) []*outbox.Row {
	t.Helper()
	rows, err := store.List(t.Context(), connector.MessageFilter{State: connector.NotAccepted, Limit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Requests alike of a minute are one row, whenever they are written.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		start(t, o)
		test := refusal(1)
		test.Test = true
		for range 90 { // one a second
			o.Refuse(refusal(1))
			o.Refuse(refusal(1))
			time.Sleep(time.Second)
		}
		o.Refuse(refusal(2))
		o.Refuse(test)
		time.Sleep(2 * time.Second)
		got := map[connector.RecipientHash][]int{}
		for _, r := range refused(t, store) {
			got[r.Recipient] = append(got[r.Recipient], r.Requests)
			if r.Reason != connector.ReasonRecipientLimit || r.Error != "rate_limit_exceeded" || r.Type != "SignIn" ||
				r.Source != "deliveries/SignIn" || r.Test && r.Requests != 1 {
				t.Errorf("row = %+v, want the refusal", r)
			}
		}
		first := got[refusal(1).Recipient]
		sum := 0
		for _, n := range first {
			sum += n
		}
		if len(first) != 3 || sum != 181 || len(got[refusal(2).Recipient]) != 1 {
			t.Errorf("requests = %v, want 180 in two rows, one test, and one of another recipient", got)
		}
	})
}

// A flood costs a write a second and a bounded number of rows a minute; what is beyond is
// counted.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		kept := &keeping{Store: store}
		o, reg := newOutbox(t, kept)
		start(t, o)
		const flood = 5000
		for n := range flood {
			o.Refuse(refusal(n))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait() // the race detector knows by it that the writes came before
		const most, batch = 2000, 200
		if kept.rows != most || kept.writes != most/batch || len(refused(t, store)) != most {
			t.Errorf("rows = %d in %d writes, want %d in %d", kept.rows, kept.writes, most, most/batch)
		}
		const unrecorded = "mailgun_connector_refusals_unrecorded_total"
		if got := metric(t, reg, unrecorded); got != flood-most {
			t.Errorf("%s = %v, want %d", unrecorded, got, flood-most)
		}
		for range 30 { // the known ones go on being counted, the others not
			o.Refuse(refusal(0))
			o.Refuse(refusal(flood))
		}
		time.Sleep(2 * time.Second)
		if rows := refused(t, store); len(rows) != most || rows[len(rows)-1].Requests+rows[0].Requests < 2 {
			t.Errorf("rows = %d, want %d", len(rows), most)
		}
		time.Sleep(time.Minute)
		o.Refuse(refusal(flood))
		time.Sleep(2 * time.Second)
		if got := len(refused(t, store)); got != most+1 {
			t.Errorf("rows a minute later = %d, want one more", got)
		}
	})
}

// The last refusals are stored when the outbox stops; those that a store does not take
// are counted.
func TestRefusalsAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, broken := range []error{nil, errors.New("disk full")} {
		store := outboxtest.NewMemory()
		o, reg := newOutbox(t, &keeping{Store: store, err: broken})
		o.Start()
		for range 3 {
			o.Refuse(refusal(1))
		}
		o.Stop()
		rows, lost := len(refused(t, store)), metric(t, reg, "mailgun_connector_refusals_unrecorded_total")
		if broken == nil && (rows != 1 || lost != 0) || broken != nil && (rows != 0 || lost != 3) {
			t.Errorf("with %v: %d rows, %v lost", broken, rows, lost)
		}
	}
}

// What must not be sent later is tried once, and recorded with what came of it.
func TestRecord(t *testing.T) {
	t.Parallel()
	for _, failure := range []*connector.Error{nil, down, connector.NewError(connector.General, connector.Unknown, connector.ReasonNoAnswer)} {
		store := outboxtest.NewMemory()
		o, _ := newOutbox(t, store)
		next, want := fake(accepted), connector.State(connector.Sent)
		if failure != nil {
			next, want = failing(failure), connector.Failed
		}
		mail := email()
		mail.Test = true
		receipt, err := o.Record(next).Send(t.Context(), mail)
		if (err == nil) != (failure == nil) || !receipt.Stored || receipt.Queued {
			t.Errorf("Send = %+v, %v, want what the sender says, stored", receipt, err)
		}
		r := get(t, store, mail.ID)
		if r.State != want || r.Content != nil || !r.Test || len(r.Attempts) != 1 || r.ProviderID != receipt.ProviderID {
			t.Errorf("row = %+v, want %s with its attempt and no content", r, want)
		}
		if failure != nil && (r.Attempts[0].Reason != failure.Reason || r.Error != "general") {
			t.Errorf("attempt = %+v, want %s", r.Attempts[0], failure.Reason)
		}
	}
	o, _ := newOutbox(t, &keeping{Store: outboxtest.NewMemory(), err: errors.New("disk full")})
	if receipt, err := o.Record(fake(accepted)).Send(t.Context(), email()); err != nil || receipt.Stored || receipt.ProviderID == "" {
		t.Errorf("Send with a broken store = %+v, %v, want it sent all the same", receipt, err)
	}
}
