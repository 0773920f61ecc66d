package outboxtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
)

// Postgres returns the URL of an empty schema on the server that TEST_POSTGRES names;
// `make postgres-test` starts one. Without a server the test is skipped on a laptop,
// and fails where CI_POSTGRES says that there has to be one.
func Postgres(t testing.TB) string {
	t.Helper()
	server := given(t, "TEST_POSTGRES")
	name := name()
	run(t, server, "CREATE SCHEMA "+name, "DROP SCHEMA "+name+" CASCADE")
	u := parse(t, server)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// PgBouncer returns the URL of an empty database through the pooler that TEST_PGBOUNCER
// names, as [Postgres] does.
func PgBouncer(t *testing.T) string {
	t.Helper()
	pooler, server := given(t, "TEST_PGBOUNCER"), given(t, "TEST_POSTGRES")
	name := name()
	run(t, server, "CREATE DATABASE "+name, "DROP DATABASE "+name+" WITH (FORCE)")
	u := parse(t, pooler)
	u.Path = "/" + name
	return u.String()
}

func given(t testing.TB, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" && os.Getenv("CI_POSTGRES") != "" {
		t.Fatalf("%s is not set: run make postgres-test", variable)
	}
	if value == "" {
		t.Skipf("%s is not set: run make postgres-test", variable)
	}
	return value
}

func name() string { return "t_" + strings.ToLower(rand.Text()) }

// run runs a statement now and another when the test ends.
func run(t testing.TB, server, now, later string) {
	t.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.ExecContext(context.Background(), later)
		_ = db.Close()
	})
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
