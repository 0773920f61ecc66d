package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector/outbox"
)

// openTimeout bounds the opening of a database, migrations included.
const openTimeout = 30 * time.Second

// sqlitePrefix begins the URL of a SQLite file.
const sqlitePrefix = "sqlite:"

// openOutbox opens the database that the options name.
func (a *App) openOutbox(ctx context.Context, registry prometheus.Registerer) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	url := a.opts.Database.Reveal()
	path, sqlite := strings.CutPrefix(url, sqlitePrefix)
	keys, err := storeKeys(a.opts, path, sqlite)
	if err != nil {
		return err
	}
	store, err := openStore(ctx, url)
	if err != nil {
		return err
	}
	a.outbox, err = outbox.New(ctx, outbox.Config{
		Store: store, Keys: keys, SendTimeout: a.opts.SendTimeout, Retention: a.opts.Retention,
		Logger: a.opts.Logger, Metrics: outbox.NewMetrics(registry),
	})
	if err != nil {
		return errors.Join(err, store.Close())
	}
	a.hasher = keys.Recipients()
	if !sqlite {
		if rate := a.opts.RecipientLimit; rate.Sends > 0 {
			a.limiter, err = a.outbox.Limiter(rate) // for all replicas together
		}
		return err
	}
	n, err := a.outbox.Recover(ctx) // as its sole user
	if err != nil {
		return errors.Join(fmt.Errorf("recovering the outbox: %w", err), store.Close())
	}
	a.opts.Logger.Info("outbox opened", "recovered", n)
	return nil
}

func openStore(ctx context.Context, url string) (outbox.Store, error) {
	if path, ok := strings.CutPrefix(url, sqlitePrefix); ok {
		return outbox.OpenSQLite(ctx, path)
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return outbox.OpenPostgres(ctx, url)
	}
	return nil, &MisuseError{"the database is neither sqlite:PATH nor postgres://…", "use --database sqlite:outbox.db"}
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
