package sqlstore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ofEngine marks what is for one engine only, to others a comment. Both engines
// read the same files otherwise.
func ofEngine(text, engine string) string {
	return regexp.MustCompile(`/\* `+engine+`: (.*?) \*/`).ReplaceAllString(text, "$1")
}

// migrate brings the schema up to date, in the order of the files' names; it
// only ever goes forward. The caller sees to it that nobody else does so at the
// same time, and that all of it is one transaction.
func migrate(ctx context.Context, q queryer, engine string) error {
	if _, err := q.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)"); err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return err
	}
	if err := checkKnown(ctx, q, files); err != nil {
		return err
	}
	for _, name := range files {
		n, err := rowsAffected(q.ExecContext(ctx,
			"INSERT INTO migrations (name) VALUES (?1) ON CONFLICT DO NOTHING", name))
		if err != nil {
			return fmt.Errorf("migrating to %s: %w", name, err)
		}
		if n == 0 {
			continue // done before
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, ofEngine(string(text), engine)); err != nil {
			return fmt.Errorf("migrating to %s: %w", name, err)
		}
	}
	return nil
}

// checkKnown fails if there are migrations that are none of ours: the tables of a newer
// version may mean something else.
func checkKnown(ctx context.Context, q queryer, ours []string) error {
	rows, err := q.QueryContext(ctx, "SELECT name FROM migrations ORDER BY name")
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if !slices.Contains(ours, name) {
			return fmt.Errorf("a newer version of this program has migrated the database (%s): "+
				"use that version, or restore a backup from before",
				path.Base(name))
		}
	}
	return rows.Err()
}
