package sqlstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// sqliteFile is the file of a database, known by what it is and not by its name.
type sqliteFile struct {
	path  string // without symbolic links: SQLite names its files beside it by it
	lock  *flock.Flock
	known map[string]fs.FileInfo // the file and its log, as they were opened
}

// openSQLiteFile makes the file, if there is none, for its owner only (SQLite gives
// those beside it the same mode), and locks it against other processes of ours.
func openSQLiteFile(path string) (*sqliteFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	if resolved, err = filepath.Abs(resolved); err != nil {
		return nil, err
	}
	lock := flock.New(lockedPath(resolved))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if !locked {
		return nil, fmt.Errorf("%s is in use by another process; use PostgreSQL to share a database", path)
	}
	return &sqliteFile{path: resolved, lock: lock}, nil
}

// lockedPath is the file that carries the lock: the database itself, as it may have
// several names. SQLite's own locks are of another kind (fcntl), which flock does not
// meet; but Windows has one kind only, and it would keep SQLite out.
func lockedPath(path string) string {
	if runtime.GOOS == "windows" {
		return path + ".lock"
	}
	return path
}

func (f *sqliteFile) unlock() error { return f.lock.Unlock() }

// identify remembers which files are open.
func (f *sqliteFile) identify() error {
	f.known = map[string]fs.FileInfo{}
	for _, name := range []string{f.path, f.path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		f.known[name] = info
	}
	return nil
}

// check fails if the names no longer lead to the open files. What is written then is
// lost when the process ends, so nothing may be promised.
func (f *sqliteFile) check() error {
	for name, info := range f.known {
		now, err := os.Stat(name)
		if err == nil && os.SameFile(now, info) {
			continue
		}
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s was removed or replaced while it is open; "+
				"nothing is stored until the service is started again", name)
		}
		return err
	}
	return nil
}
