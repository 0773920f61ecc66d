package configfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"mailgun-connector/connector/config"
)

// File is the path of a config file that can be replaced.
type File string

// ReadOnlyError says that a config or a mail was not saved since its file can't be written.
type ReadOnlyError struct{ Hint string } // what to do

// Error says so.
func (e *ReadOnlyError) Error() string { return "the file can't be written" }

// UnreadableError says that a config or a mail was not saved since it can't be checked: a file
// that the service reads besides can't be read.
type UnreadableError struct{ Err error }

// Error says so.
func (e *UnreadableError) Error() string {
	return "the service's files can't be read: " + e.Err.Error()
}

// Unwrap returns why.
func (e *UnreadableError) Unwrap() error { return e.Err }

// errConfigMap says that a file is part of a Kubernetes ConfigMap.
var errConfigMap = errors.New("is part of a Kubernetes ConfigMap")

// target returns the file behind all links, and errConfigMap where one of them is of a
// ConfigMap: that is a view of something which is changed elsewhere.
func (f File) target() (string, error) {
	names, err := trail(string(f))
	for _, name := range names {
		if slices.Contains(strings.Split(filepath.ToSlash(name), "/"), "..data") {
			return "", errConfigMap
		}
	}
	if err != nil {
		return "", err
	}
	path := names[len(names)-1]
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fs.ErrPermission
	}
	return path, nil
}

// Is reports whether two paths lead to one file, also where there is none yet.
func (f File) Is(other File) bool { return withoutLinks(string(f)) == withoutLinks(string(other)) }

// withoutLinks returns a path in one spelling: without the links that are on the way as far as
// it is there.
func withoutLinks(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(withoutLinks(dir), filepath.Base(path))
	}
	return path
}

// Creatable returns a [*ReadOnlyError] if the file, which is not there, can't be made, as far
// as can be told without trying.
func (f File) Creatable() error { return explain(mayWrite(filepath.Dir(string(f)))) }

// Writable returns a [*ReadOnlyError] if the file can't be replaced, as far
// as can be told without trying.
func (f File) Writable() error {
	path, err := f.target()
	if err != nil {
		return explain(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return explain(err)
	}
	if info.Mode().Perm()&0o222 == 0 { // even for root, who could: it was meant
		return explain(fs.ErrPermission)
	}
	for _, path := range []string{path, filepath.Dir(path)} {
		if err := mayWrite(path); err != nil {
			return explain(err)
		}
	}
	return nil
}

// Replace gives the file a new text and reloads. It writes a new file and renames
// it, so that at any time the whole old text or the whole new one is there. If
// somebody has changed the file meanwhile, it is left alone and the error is
// [config.ErrChanged]; if the reload fails, the old text comes back.
func (f File) Replace(old, next []byte, reload func() error) error {
	return f.ReplaceMode(old, next, 0, reload)
}

// ReplaceMode is [File.Replace] with another mode for the file; 0 is for the one that it has.
func (f File) ReplaceMode(old, next []byte, mode fs.FileMode, reload func() error) error {
	if err := f.Writable(); err != nil {
		return err
	}
	path, err := f.target()
	if err != nil {
		return explain(err)
	}
	was, err := os.Stat(path)
	if err != nil {
		return explain(err)
	}
	f.Sweep()
	if err := write(path, old, next, mode); err != nil {
		return explain(err)
	}
	return orBack(reload, func() error { return write(path, next, old, was.Mode()) })
}

// Create makes the file, whose path has no links, with a mode, and the folders that it is
// in, and reloads. If it is there by now, the error is [config.ErrChanged]; if the reload
// fails, it is taken away again.
func (f File) Create(text []byte, mode fs.FileMode, reload func() error) error {
	path := string(f)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return explain(err)
	}
	f.Sweep()
	if err := write(path, nil, text, mode); err != nil {
		return explain(err)
	}
	return orBack(reload, func() error { return os.Remove(path) })
}

// orBack reloads. If that fails, it brings back what was there.
func orBack(reload, back func() error) error {
	err := reload()
	if err == nil {
		return nil
	}
	if failed := back(); failed != nil {
		return errors.Join(err, fmt.Errorf("bringing back what was there: %w", failed))
	}
	_ = reload() // what the file says is running already
	return err
}

// newPrefix begins the name of a new file for a path.
func newPrefix(path string) string { return "." + filepath.Base(path) + "." }

// write replaces a file whose text is old, or makes one that is not there if old is nil. It gets
// the mode, 0 for that of the old one.
func write(path string, old, next []byte, mode fs.FileMode) (err error) {
	info, err := os.Stat(path)
	if err != nil && old != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), newPrefix(path)+"*"+unfinished)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if _, err := temp.Write(next); err != nil {
		return err
	}
	if old != nil {
		mode = cmp.Or(mode, info.Mode())
		if err := ownLike(temp, info); err != nil {
			return err
		}
	}
	if err := temp.Chmod(mode); err != nil { // with no other before it: the text may have a key
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if !stillHas(path, old) {
		return config.ErrChanged
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// stillHas reports whether a file's text is old, or whether there is none if old is nil.
func stillHas(path string, old []byte) bool {
	if old == nil {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	}
	now, err := os.ReadFile(path)
	return err == nil && bytes.Equal(now, old)
}

// unfinished is how the name of a new file ends until it is complete.
const unfinished = ".tmp"

// Abandoned is the age from which [File.Sweep] takes a file for left behind. A younger
// one may be another process's, on a folder that several share.
const Abandoned = time.Minute

// Sweep removes what a process left that died while it wrote: texts of configs, with
// their keys. The file may be one that was not there before, and is not there yet.
func (f File) Sweep() {
	path, err := f.target()
	if errors.Is(err, fs.ErrNotExist) {
		path, err = string(f), nil
	}
	if err != nil {
		return
	}
	dir, prefix := filepath.Dir(path), newPrefix(path)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), unfinished) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > Abandoned {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// syncFolder makes a rename last through a power cut. Where a file system can't do
// that for folders, there is nothing else to do.
func syncFolder(dir string) {
	if folder, err := os.Open(dir); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}

// errOwner says that a new file can't be given the old one's owner or group, so that
// people who read it would no longer.
var errOwner = errors.New("the owner can't be kept")

// explain makes an [*ReadOnlyError] of an error that says as much. There may be no error.
func explain(err error) error {
	hint := ""
	switch {
	case errors.Is(err, errConfigMap):
		hint = "The file is part of a Kubernetes ConfigMap: change that, and the service reloads."
	case errors.Is(err, syscall.EROFS):
		hint = "The file system is mounted read-only: mount the file's folder writable, " +
			"or change the file where it comes from."
	case errors.Is(err, syscall.EBUSY):
		hint = "The file is mounted by itself and can't be replaced: mount its folder instead."
	case errors.Is(err, errOwner):
		hint = "The file belongs to another user or group, which a new one in its place can't be given: " +
			"give it to the service's own."
	case errors.Is(err, fs.ErrPermission):
		hint = "Let the user of the service write the file and its folder, or change the file where it comes from."
	default:
		return err
	}
	return &ReadOnlyError{Hint: hint}
}
