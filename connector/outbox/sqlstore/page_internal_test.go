package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

// pageFilters are all that the API can ask for, of what [fill] adds and of what it does not.
func pageFilters(cursor string) (all []connector.MessageFilter) {
	many := connector.RecipientHash([]byte("many000000000000"))
	for _, recipient := range []connector.MessageFilter{
		{}, {Recipients: []connector.RecipientHash{many}}, {Recipients: []connector.RecipientHash{many, {1}}}, {Hash: many[:6]},
	} {
		for _, state := range []connector.State{"", connector.Delivered, connector.Failed, connector.Queued, connector.Sending, connector.Expired} {
			for _, usageType := range []string{"", "SignIn", "Absent"} {
				for _, cursor := range []string{"", cursor} {
					f := recipient
					f.State, f.Type, f.Cursor, f.Limit = state, usageType, cursor, 10
					all = append(all, f)
					f.Since, f.Until = time.Now().Add(-34*24*time.Hour), time.Now().Add(-24*time.Hour)
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// fillForPlans adds messages that are in a final state, and some that wait.
func fillForPlans(t *testing.T, s *store, dialect fillDialect) (cursor string) {
	t.Helper()
	fill(t, s, dialect, 20_000)
	for n := range 20 {
		r := &outbox.Row{Message: connector.Message{
			ID: fmt.Sprintf("waiting-%d", n), State: connector.Sending, Type: "SignIn",
			Recipient: connector.RecipientHash([]byte(fmt.Sprintf("many%012d", n/2))),
		}}
		if err := s.Insert(t.Context(), r, time.Hour, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.List(t.Context(), connector.MessageFilter{Until: time.Now().Add(-time.Hour), Limit: 1})
	if err != nil || len(rows) != 1 {
		t.Fatalf("List = %d rows, %v, want one", len(rows), err)
	}
	return rows[0].ID
}

// explained shows how each statement is run before it runs it.
type explained struct {
	queryer
	command string // that explains a statement
	show    func(query string, plan []string)
}

func (e *explained) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := e.queryer.QueryContext(ctx, e.command+query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var plan []string
	for rows.Next() {
		var step string
		values := make([]any, len(columns)) // the last one says it
		for i := range values {
			values[i] = new(any)
		}
		values[len(values)-1] = &step
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	e.show(query, plan)
	return e.queryer.QueryContext(ctx, query, args...)
}

// Each part of a page is at one place of an index, and its bounds are that index's.
func TestPagePlansSQLite(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	cursor := fillForPlans(t, &s.store, sqliteFill)
	allowed := regexp.MustCompile(`^SEARCH messages USING INDEX sqlite_autoindex_messages_1 \(id=\?\)$` +
		`|^(SEARCH|SCAN) messages USING (COVERING )?INDEX messages_sending` +
		`|^SEARCH messages USING COVERING INDEX messages_of_type \((type=\? AND state=\?|type>\?\))` +
		`|^SEARCH messages USING COVERING INDEX messages_of_recipient ` +
		`\((recipient=\? AND state=\? AND type(=\?|>\?\))|recipient=\? AND state>\?\)|recipient>\? AND recipient<\?\)$)`)
	for _, f := range pageFilters(cursor) {
		all := f.State == "" && f.Type == "" && len(f.Recipients) == 0 && len(f.Hash) == 0
		show := func(query string, plan []string) {
			for _, step := range plan {
				if all && strings.Contains(step, "messages USING INDEX messages_created") {
					if bounded := strings.HasPrefix(step, "SEARCH"); bounded == (f.Since.IsZero() && f.Until.IsZero() && f.Cursor == "") {
						t.Errorf("step for %+v = %q, want it bounded as the page is", f, step)
					}
					continue
				}
				if strings.Contains(step, " messages") && !allowed.MatchString(step) {
					t.Errorf("step for %+v = %q, want one at its place in an index\n%s", f, step, query)
				}
				if part := strings.Contains(step, "type=? "); part &&
					strings.Contains(step, "created>?") == f.Since.IsZero() {
					t.Errorf("step for %+v = %q, want the bound of time in the index", f, step)
				}
			}
		}
		if _, err := listPage(t.Context(), &explained{s.read, "EXPLAIN QUERY PLAN ", show}, f); err != nil {
			t.Errorf("page of %+v: %v, want none", f, err)
		}
	}
}

// pgNode is a step of PostgreSQL's plan.
type pgNode struct {
	Relation string   `json:"Relation Name"`
	Rows     float64  `json:"Actual Rows"` // each time
	Removed  float64  `json:"Rows Removed by Filter"`
	Loops    float64  `json:"Actual Loops"`
	Plans    []pgNode `json:"Plans"`
}

// read is the number of rows that a plan has read from tables.
func (n *pgNode) read() (rows float64) {
	if n.Relation != "" {
		rows = (n.Rows + n.Removed) * n.Loops
	}
	for _, p := range n.Plans {
		rows += p.read()
	}
	return rows
}

// PostgreSQL chooses by what it knows of the table: so it is asked what it has read.
func TestPagePlansPostgres(t *testing.T) {
	t.Parallel()
	s, err := OpenPostgres(t.Context(), outboxtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	cursor := fillForPlans(t, &s.store, postgresFill)
	if _, err := s.db.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	const most = 300 // of 20,000: ten of each part, those that wait, and what is sorted beside them
	for _, f := range pageFilters(cursor) {
		show := func(query string, plan []string) {
			var got []struct{ Plan pgNode }
			if err := json.Unmarshal([]byte(strings.Join(plan, "")), &got); err != nil {
				t.Fatal(err)
			}
			if rows := got[0].Plan.read(); rows > most {
				t.Errorf("rows read for %+v = %v, want at most %d\n%s\n%s", f, rows, most, query, plan)
			}
		}
		err := s.snapshot(t.Context(), func(q queryer) error {
			_, err := listPage(t.Context(), &explained{q, "EXPLAIN (ANALYZE, FORMAT JSON) ", show}, f)
			return err
		})
		if err != nil {
			t.Errorf("page of %+v: %v, want none", f, err)
		}
	}
}

// What all the messages of a filter are, page after page, is what they are one by one: of
// more types than one statement takes, too.
func TestPagesOfManyTypes(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var kept []*outbox.Row
	for n := range 3 * maxGroups {
		kept = append(kept, &outbox.Row{Message: connector.Message{
			ID: fmt.Sprintf("id-%03d", n), State: connector.Failed, Type: fmt.Sprintf("T%d", n%(maxGroups+20)),
			Recipient: connector.RecipientHash{1},
		}})
	}
	if err := s.Keep(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range slices.Backward(kept) {
		want = append(want, r.ID)
	}
	for _, f := range []connector.MessageFilter{
		{State: connector.Failed}, {Recipients: []connector.RecipientHash{{1}}}, {Hash: []byte{1}},
	} {
		f.Limit = 70
		var got []string
		for {
			rows, err := s.List(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				got = append(got, r.ID)
				f.Cursor = r.ID
			}
			if len(rows) < f.Limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("all of %+v = %d messages %v, want %d, newest first", f, len(got), got, len(want))
		}
	}
}
