package outbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector"
)

// What refused requests may cost, which come as fast as a caller asks: one row for those
// alike of a minute, a bounded number of rows a minute, and a write a second for all.
const (
	refusalPeriod   = time.Minute
	maxRefusalRows  = 2000 // of a period
	refusalInterval = time.Second
	maxKept         = 200 // rows in one write: sends wait for it
)

// refusals gathers refused requests until they are stored.
type refusals struct {
	mu   sync.Mutex
	rows map[connector.Refusal]*refusalRow
}

// refusalRow is a row of the current minute, with the requests that are not stored yet.
type refusalRow struct {
	id      string
	began   time.Time
	pending int
}

// Refuse implements [connector.Refusals].
func (o *Outbox) Refuse(r connector.Refusal) {
	o.refusals.mu.Lock()
	defer o.refusals.mu.Unlock()
	row := o.refusals.rows[r]
	if row == nil || time.Since(row.began) >= refusalPeriod && row.pending == 0 {
		id, err := uuid.NewV7()
		if err != nil || row == nil && len(o.refusals.rows) >= maxRefusalRows {
			o.Metrics.unrecorded.Inc()
			return
		}
		row = &refusalRow{id: id.String(), began: time.Now()}
		o.refusals.rows[r] = row
	}
	row.pending++
}

// take returns the rows that there is something to store of, and forgets those of the
// minute before.
func (f *refusals) take() (rows []*Row) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r, known := range f.rows {
		if known.pending > 0 {
			rows = append(rows, &Row{Message: connector.Message{
				ID: known.id, State: connector.NotAccepted, Type: r.Type, Source: r.Source, Recipient: r.Recipient,
				Error: string(r.Code), Reason: r.Reason, Requests: known.pending, Test: r.Test,
			}})
			known.pending = 0
		} else if time.Since(known.began) >= refusalPeriod {
			delete(f.rows, r)
		}
	}
	return rows
}

// storeRefusals stores what has come up since the last time.
func (o *Outbox) storeRefusals() {
	for rows := range slices.Chunk(o.refusals.take(), maxKept) {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		err := o.Store.Keep(ctx, rows)
		cancel()
		if err != nil {
			for _, r := range rows {
				o.Metrics.unrecorded.Add(float64(r.Requests))
			}
			o.Logger.Warn("refused requests could not be recorded", "rows", len(rows), "error", err)
		}
	}
}

// recordRefusals stores them until ctx ends; [Outbox.Stop] stores the last ones.
func (o *Outbox) recordRefusals(ctx context.Context) {
	tick := time.NewTicker(refusalInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.storeRefusals()
		}
	}
}
