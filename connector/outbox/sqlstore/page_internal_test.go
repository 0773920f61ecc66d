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
)

// pageFilters are all that the API can ask for, of what [fill] adds and of what it does not.
func pageFilters(cursor string) (all []connector.MessageFilter) {
	many := connector.RecipientHash([]byte("many000000000000"))
	for _, recipient := range []connector.MessageFilter{
		{}, {Recipients: []connector.RecipientHash{many}}, {Recipients: []connector.RecipientHash{many, {1}}}, {Hash: many[:6]},
	} {
		for _, state := range []connector.State{
			"", connector.Delivered, connector.Failed, connector.Queued, connector.Sending, connector.Expired, connector.NotAccepted,
		} {
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

// fillForPlans adds messages that are in a final state, some that wait, and what a caller
// had refused who has made up a type for each: to one recipient first, to others since.
func fillForPlans(t *testing.T, s *store, dialect fillDialect) (cursor string) {
	t.Helper()
	fill(t, s, dialect, 20_000)
	refused := strings.NewReplacer("RECIPIENT END", dialect.recipient+" END", "MANY", dialect.many, "SERIES", dialect.series).
		Replace(fillRefused)
	if _, err := s.exec(t.Context(), refused, time.Now().Add(-period).UnixMicro(), int64(period/time.Microsecond)/50_000, 50_000); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		r := &outbox.Row{Message: connector.Message{
			ID: fmt.Sprintf("waiting-%d", n), State: connector.Sending, Type: "SignIn",
			Recipient: connector.RecipientHash([]byte(fmt.Sprintf("many%d00000000000", n/2))),
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

	statements int // that were run
}

// mostStatements of a page are two for each of two recipients, or those that look for one
// by its hash.
const mostStatements = 4

func (e *explained) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.statements++
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
		`|^SEARCH messages USING COVERING INDEX messages_of_recipient ` +
		`\((recipient=\? AND state=\? AND type>\?|recipient=\? AND state=\?|recipient>\? AND recipient<\?)\)$`)
	ordered := regexp.MustCompile(`^SEARCH messages USING COVERING INDEX ` +
		`(messages_of_state \(state=\?|messages_of_type \(type=\? AND state=\?|messages_refused \(recipient=\?` +
		`|messages_of_recipient \(recipient=\? AND state=\? AND type=\?)(.*)\)$`)
	for _, f := range pageFilters(cursor) {
		show := func(query string, plan []string) {
			types := strings.HasPrefix(query, "WITH")
			for _, step := range plan {
				if part := ordered.FindStringSubmatch(step); part != nil {
					if bounded := part[2] != ""; bounded == (f.Since.IsZero() && f.Cursor == "") ||
						strings.Contains(step, "created>?") == f.Since.IsZero() {
						t.Errorf("step for %+v = %q, want the bounds of the page in the index", f, step)
					}
					continue
				}
				if strings.Contains(step, " messages") && (!allowed.MatchString(step) || !types && strings.Contains(step, "_of_")) {
					t.Errorf("step for %+v = %q, want one at its place in an index\n%s", f, step, query)
				}
			}
		}
		e := &explained{queryer: s.read, command: "EXPLAIN QUERY PLAN ", show: show}
		if _, err := listPage(t.Context(), e, f); err != nil {
			t.Errorf("page of %+v: %v, want none", f, err)
		}
		if e.statements > mostStatements {
			t.Errorf("statements for %+v = %d, want at most %d", f, e.statements, mostStatements)
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
	s := openTestPostgres(t)
	cursor := fillForPlans(t, &s.store, postgresFill)
	if _, err := s.db.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	const most = 300 // of 70,000: ten of each part, those that wait, and what is sorted beside them
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
			e := &explained{queryer: q, command: "EXPLAIN (ANALYZE, FORMAT JSON) ", show: show}
			_, err := listPage(t.Context(), e, f)
			if e.statements > mostStatements {
				t.Errorf("statements for %+v = %d, want at most %d", f, e.statements, mostStatements)
			}
			return err
		})
		if err != nil {
			t.Errorf("page of %+v: %v, want none", f, err)
		}
	}
}

// A process that freezes while it reads a page does not keep VACUUM waiting.
func TestSnapshotPostgres(t *testing.T) {
	t.Parallel()
	s := openTestPostgres(t)
	var got [3]string
	err := s.snapshot(t.Context(), func(q queryer) error {
		return q.QueryRowContext(t.Context(), `SELECT current_setting('idle_in_transaction_session_timeout'),
			current_setting('transaction_isolation'), current_setting('transaction_read_only')`).Scan(&got[0], &got[1], &got[2])
	})
	if want := [3]string{"3s", "repeatable read", "on"}; err != nil || got != want {
		t.Errorf("settings of a snapshot = %q, %v, want %q", got, err, want)
	}
}

// What all the messages of a filter are, page after page, is what they are one by one: of
// several recipients and types, too.
func TestPagesOfSeveral(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var kept []*outbox.Row
	for n := range 300 {
		m := connector.Message{
			ID: fmt.Sprintf("id-%03d", n), State: connector.Failed, Type: fmt.Sprintf("T%d", n%120),
			Recipient: connector.RecipientHash{1, byte(n % 7)},
		}
		switch n % 3 {
		case 1:
			m.State, m.Type = connector.Sent, fmt.Sprintf("T%d", n%4)
		case 2:
			m.State = connector.NotAccepted
		}
		kept = append(kept, &outbox.Row{Message: m})
	}
	if err := s.Keep(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	ids := func(keep func(connector.Message) bool) (all []string) {
		for _, r := range slices.Backward(kept) {
			if keep(r.Message) {
				all = append(all, r.ID)
			}
		}
		return all
	}
	everything := ids(func(connector.Message) bool { return true })
	two := []connector.RecipientHash{{1, 2}, {1, 5}, {1, 2}}
	ofTwo := func(m connector.Message) bool { return slices.Contains(two, m.Recipient) }
	for _, c := range []struct {
		filter connector.MessageFilter
		want   []string
	}{
		{connector.MessageFilter{}, everything},
		{connector.MessageFilter{Hash: []byte{1}}, everything},
		{connector.MessageFilter{State: connector.Failed}, ids(func(m connector.Message) bool { return m.State == connector.Failed })},
		{connector.MessageFilter{Type: "T3"}, ids(func(m connector.Message) bool { return m.Type == "T3" })},
		{connector.MessageFilter{Recipients: two}, ids(ofTwo)},
		{
			connector.MessageFilter{Recipients: two, State: connector.NotAccepted},
			ids(func(m connector.Message) bool { return ofTwo(m) && m.State == connector.NotAccepted }),
		},
		{
			connector.MessageFilter{Recipients: two, Type: "T2"},
			ids(func(m connector.Message) bool { return ofTwo(m) && m.Type == "T2" }),
		},
		{connector.MessageFilter{Recipients: two, State: connector.Bounced}, nil},
	} {
		f := c.filter
		f.Limit = 20
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
		if !slices.Equal(got, c.want) {
			t.Errorf("all of %+v = %d messages %v, want %d, newest first", c.filter, len(got), got, len(c.want))
		}
	}
}
