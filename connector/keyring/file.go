package keyring

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadFile reads the keys in a file. The error is [fs.ErrNotExist] also for a file
// that holds nothing: a process that died while it made its key leaves one, and
// nothing was ever sealed with that.
func ReadFile(path string) (*Keyring, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
	}
	return Parse(string(text))
}

// CreateFile makes a key and a file that holds it, readable by its owner only. It
// returns when the file would survive a power cut: what is sealed with a key that is
// gone is lost. The file is whole or not there; one that is there is replaced, so
// the caller sees to it that nobody else makes one.
func CreateFile(path string) (*Keyring, error) {
	k, text, err := New()
	if err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new") // with mode 0600
	if err != nil {
		return nil, err
	}
	_, err = temp.WriteString(text)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(temp.Name()))
	}
	return k, syncDir(filepath.Dir(path))
}

// syncDir makes a file's name durable, where the system can.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
