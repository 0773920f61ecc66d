package sqlstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrAddress says that a PostgreSQL address can't be read. A part of a password may be
// taken for another part of the address, so no error repeats any of it.
var ErrAddress = errors.New("the address of the database is malformed")

// parseAddress reads a URL.
func parseAddress(address string) (*pgx.ConnConfig, error) {
	if misleading(address) {
		return nil, ErrAddress
	}
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, ErrAddress
	}
	return cfg, nil
}

// avoidNames gives statements no names if a pooler stands between: one in transaction
// mode hands each transaction another of the server's connections, and a name belongs to
// one. Without a pooler, names save a send a tenth of what PostgreSQL costs it. A pooler
// is known by the process id that it tells in the server's place, to route cancellations
// by; an address may name another mode.
func avoidNames(ctx context.Context, cfg *pgx.ConnConfig) error {
	if cfg.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	var pid uint32
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid)
	if pid != conn.PgConn().PID() {
		cfg.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return errors.Join(err, conn.Close(ctx))
}

// misleading reports whether an address has a character of the password's that ends it
// before its end: one of @/?# that is not in percent form.
func misleading(address string) bool {
	_, rest, _ := strings.Cut(address, "://")
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	path, query, _ := strings.Cut(rest[len(authority):], "?")
	if strings.Count(authority, "@") > 1 || strings.ContainsAny(path, "@#") || strings.Contains(query, "#") {
		return true
	}
	for setting := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(setting, "="); strings.Contains(name, "@") {
			return true
		}
	}
	return false
}

// unreachable says why no connection could be opened, in words of its own: the cause
// names host and database.
func unreachable(err error) error {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); !ok {
		return err
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("the server refuses the connection: %s (SQLSTATE %s)",
			regexp.MustCompile(`"[^"]*"`).ReplaceAllString(refusal.Message, "…"), refusal.Code)
	}
	var number syscall.Errno
	_, unresolved := errors.AsType[*net.DNSError](err)
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case unresolved:
		return errors.New("its host name can't be resolved")
	case distrusted:
		return errors.New("the server's certificate is not trusted")
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the server does not answer")
	case errors.As(err, &number):
		return number
	}
	return errors.New("no connection can be opened; check host, port and sslmode of its address")
}
