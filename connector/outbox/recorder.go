package outbox

import (
	"context"
	"time"

	"mailgun-connector/connector"
)

// recorder makes one attempt at a mail and records it.
type recorder struct {
	*Outbox
	next connector.Sender
}

// Record returns a sender that hands each mail to next once, and then stores what came of
// it, without the mail. It is for what must not be sent later, such as the test of a config
// that is not saved. That nothing could be stored is only logged.
func (o *Outbox) Record(next connector.Sender) connector.Sender { return &recorder{o, next} }

// Send implements [connector.Sender].
func (r *recorder) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	began := time.Now()
	receipt, err := r.next.Send(ctx, mail)
	row := newRow(mail)
	row.State, row.Attempt, row.ProviderID, row.Expires = connector.Sent, 1, receipt.ProviderID, mail.Expires
	attempt := connector.Attempt{Number: 1, Started: began, Duration: time.Since(began), Status: 200}
	gone(&attempt, receipt)
	if err != nil {
		failure := connector.ErrorOf(err)
		row.State, row.Error = connector.Failed, string(failure.Code)
		failed(&attempt, failure)
	}
	row.Attempts = []connector.Attempt{attempt}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if kept := r.Store.Keep(ctx, []*Row{row}); kept != nil {
		r.Logger.Warn("a mail could not be recorded", "id", mail.ID, "error", kept)
	} else {
		receipt.Stored = true
	}
	return receipt, err
}
