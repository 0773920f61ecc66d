package outbox

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, in the order of the files' names; it
// only ever goes forward. The caller sees to it that nobody else does so at the
// same time, and that all of it is one transaction.
func migrate(ctx context.Context, q queryer) error {
	if _, err := q.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)"); err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return err
	}
	for _, name := range files {
		res, err := q.ExecContext(ctx, "INSERT INTO migrations (name) VALUES (?1) ON CONFLICT DO NOTHING", name)
		if err != nil {
			return fmt.Errorf("migrating: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			continue // done before
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migrating to %s: %w", name, err)
		}
	}
	return nil
}
