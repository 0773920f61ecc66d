package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/health"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/sqlstore"
	"mailgun-connector/connector/ratelimit"
)

// openTimeout bounds the opening of a database, migrations included.
const (
	openTimeout  = 30 * time.Second
	openPatience = time.Second // until the log says what is waited for
)

// sqlitePrefix begins the URL of a SQLite file.
const sqlitePrefix = "sqlite:"

// store is what both kinds of database do.
type store interface {
	outbox.Store
	outbox.EventStore
	idempotency.Table
	SealedBy(ctx context.Context) ([]keyring.ID, error)
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
func openDatabase(
	ctx context.Context, opts *Options, registry prometheus.Registerer, monitor *health.Monitor,
) (*database, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	defer time.AfterFunc(openPatience, func() { opts.Logger.Info("waiting for the database to open") }).Stop()
	d := &database{}
	if err := d.open(ctx, opts); err != nil {
		return nil, err
	}
	keys, err := d.keys(ctx, opts)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	metrics := outbox.NewMetrics(registry)
	recipients := recipientHashers(keys)
	d.outbox = outbox.New(outbox.Config{
		Store: d.store, Keys: keys, Recipients: recipients, SendTimeout: opts.SendTimeout, Retention: opts.Retention,
		Logger: opts.Logger, Metrics: metrics, Health: monitor,
	})
	d.events = &outbox.Events{
		Store: d.store, SendTimeout: opts.SendTimeout, Logger: opts.Logger, Metrics: metrics, Health: monitor,
	}
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
	if errors.Is(err, sqlstore.ErrAddress) {
		return &MisuseError{err.Error(),
			"write special characters of a password in percent form: @ is %40, / is %2F, ? is %3F, # is %23"}
	}
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

// keys finds the keys that seal the database. SQLite makes one beside its file. Without
// those that sealed what waits in it, the promises of a start before could not be kept.
func (d *database) keys(ctx context.Context, opts *Options) (*keyring.Keyring, error) {
	used, err := d.SealedBy(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for waiting mails: %w", err)
	}
	keys, err := readKeys(opts)
	path, sqlite := strings.CutPrefix(opts.Database.Reveal(), sqlitePrefix)
	giveUp := "to give the mails up, delete those in state queued or sending from its table messages"
	if sqlite {
		giveUp = "to give the mails up, move " + path + " away"
	}
	if errors.Is(err, errNoKeyFile) {
		if len(used) > 0 {
			return nil, &MisuseError{
				fmt.Sprintf("%s.key is missing, and %s holds mails that it sealed", path, path),
				"put the file back; " + giveUp,
			}
		}
		keys, err = keyring.CreateFile(path + ".key")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store key: %w", err)
	}
	for _, id := range used {
		if !keys.Has(id) {
			return nil, &MisuseError{
				fmt.Sprintf("the database holds mails that none of the store keys opens (key id %s)", id),
				"add the key that sealed them behind the first; " + giveUp,
			}
		}
	}
	return keys, nil
}

// errNoKeyFile says that there is no key, neither given nor beside a SQLite file.
var errNoKeyFile = errors.New("there is no key file")

func readKeys(opts *Options) (*keyring.Keyring, error) {
	switch {
	case opts.StoreKey != "":
		return keyring.Parse(opts.StoreKey.Reveal())
	case opts.StoreKeyFile != "":
		return keyring.ReadFile(opts.StoreKeyFile)
	}
	keys, err := keyring.ReadFile(strings.TrimPrefix(opts.Database.Reveal(), sqlitePrefix) + ".key")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoKeyFile
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
	case sqlite && (path == "" || strings.HasPrefix(path, ":") ||
		strings.HasPrefix(path, "file:") || strings.HasSuffix(path, "/")):
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
