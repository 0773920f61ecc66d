package sqlstore_test

import (
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/connector/outbox/sqlstore"
)

// shift moves the times of an old database, so that its codes still live: the newest
// message was made a second ago.
func shift(t *testing.T, db *sql.DB) {
	t.Helper()
	var newest int64
	if err := db.QueryRowContext(t.Context(), "SELECT max(created) FROM messages").Scan(&newest); err != nil {
		t.Fatal(err)
	}
	by := time.Now().UnixMicro() - newest - 1e6
	for _, column := range []string{"created", "updated", "due", "expires"} {
		if _, err := db.ExecContext(t.Context(), "UPDATE messages SET "+column+" = "+column+" + $1", by); err != nil {
			t.Fatal(err)
		}
	}
}

// oldVersions are those of the databases in testdata, each the last migration's number.
var oldVersions = []string{"0002", "0008"}

// A database of an earlier version is carried over, and its queued mails are sent.
func TestUpgradeSQLite(t *testing.T) {
	t.Parallel()
	for _, version := range oldVersions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			upgradeSQLite(t, "testdata/sqlite-"+version+".db")
		})
	}
}

func upgradeSQLite(t *testing.T, file string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "outbox.db")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	shift(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to migrate
		s := openSQLite(t, path)
		wantOldMails(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openSQLite(t, path)
	sendOldMails(t, s)
}

func TestUpgradePostgres(t *testing.T) {
	t.Parallel()
	for _, version := range oldVersions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			upgradePostgres(t, "testdata/postgres-"+version+".sql")
		})
	}
}

// upgradePostgres has several replicas start at once, where an index has been made before
// them as docs/outbox.md advises.
func upgradePostgres(t *testing.T, file string) {
	t.Helper()
	url := outboxtest.Postgres(t)
	dump, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), string(dump)); err != nil {
		t.Fatal(err)
	}
	shift(t, db)
	made := "CREATE INDEX CONCURRENTLY messages_of_state ON messages (state, created, id) WHERE state <> 'sending'"
	if _, err := db.ExecContext(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	var starts sync.WaitGroup
	for range 3 {
		starts.Go(func() {
			s, err := sqlstore.OpenPostgres(t.Context(), url)
			if err != nil {
				t.Errorf("OpenPostgres of one of three = %v, want nil", err)
				return
			}
			wantOldMails(t, s)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	starts.Wait()
	sendOldMails(t, openPostgres(t, url))
}

// wantOldMails looks for everything that was in the old databases.
func wantOldMails(t *testing.T, s outbox.Store) {
	t.Helper()
	rows, err := s.List(t.Context(), connector.MessageFilter{Limit: 10})
	if err != nil {
		t.Error(err)
		return
	}
	var states []connector.State
	for _, r := range rows {
		states = append(states, r.State)
	}
	want := []connector.State{connector.Queued, connector.Queued, connector.Queued, connector.Sent, connector.Delivered}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states, newest first (-want +got):\n%s", diff)
		return
	}
	delivered, err := s.Get(t.Context(), rows[4].ID)
	if err != nil || len(delivered.Attempts) != 1 || len(delivered.Events) != 1 {
		t.Errorf("Get(delivered) = %+v, %v, want an attempt and an event", delivered, err)
	}
}

// sendOldMails wants the queued mails sent, as they were accepted.
func sendOldMails(t *testing.T, s outbox.Store) {
	t.Helper()
	keys, err := keyring.Parse(strings.Repeat("01", 32))
	if err != nil {
		t.Fatal(err)
	}
	sent := mails{got: map[string][]string{}}
	o := outbox.New(outbox.Config{
		Store: s, Keys: keys, Recipients: []*connector.RecipientHasher{connector.NewRecipientHasher(keys.Derive("recipient hash")[0])},
		SendTimeout: time.Second, Retention: 24 * time.Hour, Logger: slog.New(slog.DiscardHandler), Metrics: outbox.NewMetrics(prometheus.NewRegistry()),
	})
	o.Wrap(&sent)
	o.Start()
	defer o.Stop()
	deadline := time.After(30 * time.Second)
	for sent.count() < 3 {
		select {
		case <-deadline:
			t.Fatalf("sent = %v after half a minute, want three mails", sent.got)
		case <-time.After(10 * time.Millisecond):
		}
	}
	want := map[string][]string{
		"ada@example.org":   {"481629 is your code <p>Your code is 481629</p>", "481630 is your code <p>Your code is 481630</p>"},
		"grace@example.net": {"481631 is your code <p>Your code is 481631</p>"},
	}
	for _, all := range sent.got {
		slices.Sort(all)
	}
	if diff := cmp.Diff(want, sent.got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	messages, _, err := o.List(t.Context(), connector.MessageFilter{Limit: 10}, "Ada+x@example.org")
	if err != nil || len(messages) != 3 {
		t.Errorf("List of an address = %d messages, %v, want the three to it", len(messages), err)
	}
}

// mails is a sender that keeps what it is given.
type mails struct {
	mu  sync.Mutex
	got map[string][]string // by recipient
}

func (m *mails) Send(_ context.Context, mail *connector.Email) (connector.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got[mail.To] = append(m.got[mail.To], mail.Subject+" "+mail.Body().HTML)
	return connector.Receipt{ProviderID: "<" + mail.ID + "@mg.example.com>"}, nil
}

func (m *mails) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for all := range maps.Values(m.got) {
		n += len(all)
	}
	return n
}

// An older version does not run on a newer one's tables.
func TestNewerSchemaSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	if err := openSQLite(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	addMigration(t, "sqlite", path)
	for range 2 {
		_, err := sqlstore.OpenSQLite(t.Context(), path)
		wantNewer(t, err)
	}
}

func TestNewerSchemaPostgres(t *testing.T) {
	t.Parallel()
	url := outboxtest.Postgres(t)
	if err := openPostgres(t, url).Close(); err != nil {
		t.Fatal(err)
	}
	addMigration(t, "pgx", url)
	_, err := sqlstore.OpenPostgres(t.Context(), url)
	wantNewer(t, err)
}

func addMigration(t *testing.T, driver, name string) {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO migrations (name) VALUES ('migrations/0099_future.sql')"); err != nil {
		t.Fatal(err)
	}
}

func wantNewer(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "newer version") || !strings.Contains(err.Error(), "0099_future.sql") {
		t.Errorf("open = %v, want an error that names the newer version's migration", err)
	}
}
