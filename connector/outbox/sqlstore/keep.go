package sqlstore

import (
	"context"
	"time"

	"mailgun-connector/connector/outbox"
)

const keep = `INSERT INTO messages (` + columns + `)
	VALUES (?1, ?2, ?3, ?4, ?5, :now, :now, :now + ?6, :now, ?7, ?8, ?9, '', NULL, ?10, ?11, ?12)
	ON CONFLICT (id) DO UPDATE SET requests = messages.requests + excluded.requests, updated = excluded.updated`

// Keep implements [outbox.Store].
func (s *store) Keep(ctx context.Context, rows []*outbox.Row) error {
	return s.write(ctx, func(ctx context.Context, q queryer) error {
		for _, r := range rows {
			test := 0
			if r.Test {
				test = 1
			}
			life := max(0, time.Until(r.Expires)).Microseconds()
			if _, err := q.ExecContext(ctx, keep, r.ID, string(r.State), r.Type, r.Source, r.Recipient[:], life,
				r.Attempt, r.ProviderID, r.Error, string(r.Reason), r.Requests, test); err != nil {
				return err
			}
			for _, a := range r.Attempts {
				values := append([]any{r.ID, a.Number}, attemptValues(a)...)
				if _, err := q.ExecContext(ctx, attempted, values...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
