package sqlstore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/connector/outbox/sqlstore"
)

// Nothing of an address that follows the user is in an error, however it is read:
// special characters of a password may end it early.
func TestAddressKeepsPasswords(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://user:p4ss@w0rd@127.0.0.1:1/db",
		"postgres://user:p4ss@w0rd@s3cret@127.0.0.1:1/db",
		"postgres://user:12/w0rd@127.0.0.1:1/db",
		"postgres://user:12?w0rd@127.0.0.1:1/db",
		"postgres://user:12#w0rd@127.0.0.1:1/db",
		"postgres://user:p4ss?x=1&w0rd@127.0.0.1:1/db",
		"postgres://user:p4ss%zzw0rd@127.0.0.1:1/db",
		"postgres://user:w0rd@127.0.0.1:x1/db",
		"postgres://user:w0rd@127.0.0.1:1/db?sslmode=w0rd",
		"postgres://user:w0rd@127.0.0.1:1/db?connect_timeout=w0rd",
	} {
		_, err := sqlstore.OpenPostgres(t.Context(), address)
		if !errors.Is(err, sqlstore.ErrAddress) || strings.ContainsAny(err.Error(), "0123456789@") {
			t.Errorf("OpenPostgres(%q) = %v, want %v and nothing of the address", address, err, sqlstore.ErrAddress)
		}
	}
}

// A server that can't be reached, or refuses, is told of without its address.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for address, want := range map[string]string{
		"postgres://user:p4ss%40w0rd@127.0.0.1:1/dbname":                                        "connection refused",
		"postgres://user:w0rd@host-w0rd.invalid:5432/dbname":                                    "can't be resolved",
		"postgres://user:w0rd@" + silent.Addr().String() + "/dbname?sslmode=disable":            "does not answer",
		"postgres://user:p@" + silent.Addr().String() + "/w0rd?sslmode=disable&password=p@w0rd": "does not answer",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := sqlstore.OpenPostgres(ctx, address)
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenPostgres(%q) = %v, want %q", address, err, want)
		}
		for _, part := range []string{"w0rd", "127.0.0.1", "dbname"} {
			if err != nil && strings.Contains(err.Error(), part) {
				t.Errorf("OpenPostgres(%q) = %v, want no %q in it", address, err, part)
			}
		}
	}
}

// Opening ends at once when it is given up.
func TestOpeningIsGivenUp(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := sqlstore.OpenPostgres(ctx, "postgres://user@"+silent.Addr().String()+"/db?sslmode=disable"); !errors.Is(err, context.Canceled) {
		t.Errorf("OpenPostgres = %v, want %v", err, context.Canceled)
	}
}

// What PostgreSQL says of a refusal is told, but for the names in it.
func TestRefusedPostgres(t *testing.T) {
	t.Parallel()
	url := strings.Replace(outboxtest.Postgres(t), "/postgres?", "/w0rd?", 1)
	_, err := sqlstore.OpenPostgres(t.Context(), url)
	if err == nil || !strings.Contains(err.Error(), "SQLSTATE 3D000") || strings.Contains(err.Error(), "w0rd") {
		t.Errorf("OpenPostgres of no database = %v, want SQLSTATE 3D000 and no name", err)
	}
}
