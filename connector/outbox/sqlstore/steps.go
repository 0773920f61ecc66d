package sqlstore

import (
	"context"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// addSteps adds to rows what happened to them.
func addSteps(ctx context.Context, q queryer, rows []*outbox.Row) error {
	if len(rows) == 0 {
		return nil
	}
	byID := make(map[string]*outbox.Row, len(rows))
	ids := make([]any, len(rows))
	for i, r := range rows {
		byID[r.ID], ids[i] = r, r.ID
	}
	if err := addAttempts(ctx, q, byID, ids); err != nil {
		return err
	}
	return addEvents(ctx, q, byID, ids)
}

func addAttempts(ctx context.Context, q queryer, byID map[string]*outbox.Row, ids []any) error {
	rows, err := q.QueryContext(ctx,
		"SELECT message, number, started, duration, status, error, message_text, reason, "+
			"way, before_status, before_reason "+
			"FROM attempts WHERE message IN ("+placeholders(1, len(ids))+") ORDER BY message, number", ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var a connector.Attempt
		var started, duration int64
		if err := rows.Scan(&id, &a.Number, &started, &duration, &a.Status, &a.Error, &a.Message, &a.Reason,
			&a.Way, &a.BeforeStatus, &a.BeforeReason); err != nil {
			return err
		}
		a.Started, a.Duration = fromMicros(started), time.Duration(duration)*time.Microsecond
		byID[id].Attempts = append(byID[id].Attempts, a)
	}
	return rows.Err()
}

func addEvents(ctx context.Context, q queryer, byID map[string]*outbox.Row, ids []any) error {
	rows, err := q.QueryContext(ctx, "SELECT message, state, error, happened, reason, code, description "+
		"FROM events WHERE message IN ("+placeholders(1, len(ids))+") ORDER BY happened, seen", ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var e connector.Event
		var at int64
		if err := rows.Scan(&id, &e.State, &e.Error, &at, &e.Reason, &e.Code, &e.Description); err != nil {
			return err
		}
		e.At = fromMicros(at)
		byID[id].Events = append(byID[id].Events, e)
	}
	return rows.Err()
}
