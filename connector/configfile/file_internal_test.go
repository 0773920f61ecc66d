package configfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"mailgun-connector/connector/config"
)

// A reload that fails after all the checks can't be brought about from outside.
func TestReplaceTakesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "connector.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := func() string {
		text, _ := os.ReadFile(path)
		return string(text)
	}
	failed := errors.New("reload")
	var seen []string
	err := File(path).Replace([]byte("old"), []byte("new"), func() error {
		seen = append(seen, text())
		return failed
	})
	if !errors.Is(err, failed) || text() != "old" || len(seen) != 2 || seen[0] != "new" || seen[1] != "old" {
		t.Errorf("Replace() = %v, file %q, reloads of %q, want the error and the old text, reloaded", err, text(), seen)
	}
	reload := func() error { return nil }
	if err := File(path).Replace([]byte("older"), []byte("new"), reload); !errors.Is(err, config.ErrChanged) || text() != "old" {
		t.Errorf("Replace() of another text = %v, file %q, want ErrConfigChanged and no change", err, text())
	}
	if err := File(path).Replace([]byte("old"), []byte("new"), reload); err != nil || text() != "new" {
		t.Errorf("Replace() = %v, file %q, want nil and new", err, text())
	}
	stray := filepath.Join(dir, ".connector.json.123.tmp")
	if err := errors.Join(os.WriteFile(stray, nil, 0o600), os.Chtimes(stray, time.Time{}, time.Now().Add(-2*Abandoned))); err != nil {
		t.Fatal(err)
	}
	if err := File(path).Replace([]byte("new"), []byte("newer"), reload); err != nil || text() != "newer" {
		t.Errorf("Replace() after a crash = %v, file %q, want nil and newer", err, text())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("files = %v, %v, want one", entries, err)
	}
}

// A file that is made for the first time has nothing to follow, and may have been tried before.
func TestCreateSweeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stray := filepath.Join(dir, ".api-key.123.tmp")
	old := time.Now().Add(-2 * Abandoned)
	if err := errors.Join(os.WriteFile(stray, []byte("key"), 0o600), os.Chtimes(stray, old, old)); err != nil {
		t.Fatal(err)
	}
	file := File(filepath.Join(dir, "api-key"))
	if err := file.Create([]byte("key"), 0o600, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "api-key" {
		t.Errorf("files = %v, %v, want the new one alone", entries, err)
	}
}

func TestExplainReadOnly(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errConfigMap, errOwner, syscall.EROFS, syscall.EBUSY, syscall.EACCES, syscall.EPERM} {
		readOnly, ok := errors.AsType[*ReadOnlyError](explain(&os.PathError{Op: "rename", Err: err}))
		if !ok || readOnly.Hint == "" {
			t.Errorf("explain(%v) = %v, want a hint", err, readOnly)
		}
	}
	if err := explain(syscall.ENOSPC); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("explain(ENOSPC) = %v, want it as it is", err)
	}
}
