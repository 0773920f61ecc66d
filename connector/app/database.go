package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/sqlstore"
	"mailgun-connector/connector/ratelimit"
)

// openTimeout bounds the opening of a database, migrations included.
const openTimeout = 30 * time.Second

// sqlitePrefix begins the URL of a SQLite file.
const sqlitePrefix = "sqlite:"

// store is what both kinds of database do.
type store interface {
	outbox.Store
	outbox.EventStore
	idempotency.Table
	io.Closer
}

// database is what is remembered of sends, and what works on it.
type database struct {
	store
	outbox      *outbox.Outbox
	events      *outbox.Events
	idempotency *idempotency.Durable
	hasher      *connector.RecipientHasher
	limiter     ratelimit.Limiter // for all replicas together; nil where each process counts
}

// openDatabase opens the database that the options name. If it fails, it leaves
// nothing open.
func openDatabase(ctx context.Context, opts *Options, registry prometheus.Registerer) (*database, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	d := &database{}
	if err := d.open(ctx, opts); err != nil {
		return nil, err
	}
	keys, err := storeKeys(opts)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	metrics := outbox.NewMetrics(registry)
	recipients := recipientHashers(keys)
	d.outbox = outbox.New(outbox.Config{
		Store: d.store, Keys: keys, Recipients: recipients, SendTimeout: opts.SendTimeout, Retention: opts.Retention,
		Logger: opts.Logger, Metrics: metrics,
	})
	d.events = &outbox.Events{Store: d.store, Logger: opts.Logger, Metrics: metrics}
	d.idempotency = idempotency.NewDurable(idempotency.DurableConfig{
		Table: d.store, Sealer: keys, RequestKeys: keys.Derive("request hash"), Stale: opts.SendTimeout + keyMargin,
	})
	d.hasher = recipients[0]
	return d, nil
}

// keyMargin is what a request may take beyond its send: waiting for the database
// before and after.
const keyMargin = 5 * time.Second

// open opens the store.
func (d *database) open(ctx context.Context, opts *Options) error {
	url := opts.Database.Reveal()
	if path, ok := strings.CutPrefix(url, sqlitePrefix); ok {
		sqlite, err := sqlstore.OpenSQLite(ctx, path)
		if err != nil {
			return err
		}
		d.store = sqlite
		opts.Logger.Info("outbox opened", "recovered", sqlite.Recovered)
		return nil
	}
	postgres, err := sqlstore.OpenPostgres(ctx, url)
	if err != nil {
		return err
	}
	d.store = postgres
	if opts.RecipientLimit.Sends > 0 {
		d.limiter = postgres.Limiter(opts.RecipientLimit)
	}
	return nil
}

// stop ends the work on the database, and closes it. Requests must have ended before.
func (d *database) stop() error {
	d.outbox.Stop()
	d.idempotency.Wait()
	return d.Close()
}

// recipientHashers returns the hashers of recipients by each key: which one made the
// hash of an old message is not known.
func recipientHashers(keys *keyring.Keyring) []*connector.RecipientHasher {
	derived := keys.Derive("recipient hash")
	hashers := make([]*connector.RecipientHasher, len(derived))
	for i, key := range derived {
		hashers[i] = connector.NewRecipientHasher(key)
	}
	return hashers
}

// storeKeys finds the keys that seal the database. SQLite makes one beside its file.
func storeKeys(opts *Options) (*keyring.Keyring, error) {
	text := opts.StoreKey.Reveal()
	if text == "" && opts.StoreKeyFile != "" {
		file, err := os.ReadFile(opts.StoreKeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the store key: %w", err)
		}
		text = string(file)
	}
	var keys *keyring.Keyring
	var err error
	if text != "" {
		keys, err = keyring.Parse(text)
	} else {
		keys, err = keyFile(strings.TrimPrefix(opts.Database.Reveal(), sqlitePrefix) + ".key")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store key: %w", err)
	}
	return keys, nil
}

// keyFile reads the keys in a file, or makes one.
func keyFile(path string) (*keyring.Keyring, error) {
	keys, err := keyring.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return keyring.CreateFile(path)
	}
	return keys, err
}

// checkDatabase finds what can't work, before anything is opened or made.
func (o *Options) checkDatabase() error {
	url := o.Database.Reveal()
	path, sqlite := strings.CutPrefix(url, sqlitePrefix)
	switch {
	case url == "":
		return nil
	case sqlite && (path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "file:") || strings.HasSuffix(path, "/")):
		return &MisuseError{"the database is not a SQLite file", "use --database sqlite:PATH, such as sqlite:outbox.db"}
	case !sqlite && !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://"):
		return &MisuseError{"the database is neither sqlite:PATH nor postgres://…", "use --database sqlite:outbox.db"}
	case !sqlite && o.StoreKey == "" && o.StoreKeyFile == "":
		return &MisuseError{
			"PostgreSQL needs a store key, the same for all replicas",
			"set CONNECTOR_STORE_KEY to what `openssl rand -hex 32` prints",
		}
	case o.Retention < idempotency.Life:
		return &MisuseError{fmt.Sprintf("a retention of %s is too short", o.Retention), "use --retention 24h or more"}
	}
	return nil
}
