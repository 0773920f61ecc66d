package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// openTimeout bounds the opening of a database, migrations included.
const openTimeout = 30 * time.Second

// openOutbox opens the database that the options name; nil for none.
func openOutbox(opts Options, registry prometheus.Registerer) (*outbox.Outbox, *connector.RecipientHasher, error) {
	if opts.Database == "" {
		return nil, connector.NewRecipientHasher(nil), nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	path, sqlite := strings.CutPrefix(opts.Database.Reveal(), "sqlite:")
	keys, err := storeKeys(opts, path, sqlite)
	if err != nil {
		return nil, nil, err
	}
	recipientKey, err := keys.RecipientKey()
	if err != nil {
		return nil, nil, err
	}
	open := outbox.OpenPostgres
	if sqlite {
		open = outbox.OpenSQLite
	} else if path = opts.Database.Reveal(); !strings.HasPrefix(path, "postgres://") && !strings.HasPrefix(path, "postgresql://") {
		return nil, nil, &MisuseError{"the database is neither sqlite:PATH nor postgres://…", "use --database sqlite:outbox.db"}
	}
	store, err := open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if sqlite { // its sole user: what was being sent when the last process ended is due
		n, err := store.Recover(ctx, time.Now())
		if err != nil {
			return nil, nil, fmt.Errorf("recovering the outbox: %w", err)
		}
		opts.Logger.Info("outbox opened", "recovered", n)
	}
	return outbox.New(outbox.Config{
		Store: store, Keys: keys, SendTimeout: opts.SendTimeout, Retention: opts.Retention,
		Logger: opts.Logger, Metrics: outbox.NewMetrics(registry),
	}), connector.NewRecipientHasher(recipientKey), nil
}

// storeKeys finds the keys that seal the database.
func storeKeys(opts Options, path string, sqlite bool) (*outbox.Keys, error) {
	text := opts.StoreKey.Reveal()
	if text == "" && opts.StoreKeyFile != "" {
		file, err := os.ReadFile(opts.StoreKeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the store key: %w", err)
		}
		text = string(file)
	}
	var keys *outbox.Keys
	var err error
	switch {
	case text != "":
		keys, err = outbox.ParseKeys(text)
	case sqlite:
		keys, err = outbox.KeysFile(path + ".key")
	default:
		return nil, &MisuseError{"PostgreSQL needs a store key, the same for all replicas", "set CONNECTOR_STORE_KEY to what `openssl rand -hex 32` prints"}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store key: %w", err)
	}
	return keys, nil
}
