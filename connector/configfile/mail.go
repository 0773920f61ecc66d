package configfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"mailgun-connector/connector/config"
)

// MaxMail bounds the text of a mail's file, in bytes; no mail is that long.
const MaxMail = 1 << 20

// Mail is a file with the HTML or the text of a mail: one that the running config names,
// or one that a draft may name.
type Mail struct {
	Text   []byte
	Exists bool // false says that there is no such file yet, and that one may be made

	file File
}

// FindMail reads the mail's file that a config would call name. With mayNameFiles it may
// be one that only a draft could name, or none yet. The error is [ErrNotMailFile] for all
// that is not such a file.
func (s *Source) FindMail(ctx context.Context, name string, running *Snapshot, mayNameFiles bool) (*Mail, error) {
	policy := s.newDraftFilePolicy(running)
	if _, ok := policy.named[name]; !ok && !mayNameFiles {
		return nil, ErrNotMailFile
	}
	path := resolvePath(running.Path, name)
	if info, err := os.Stat(path); err == nil && policy.isSecret(info) {
		return nil, ErrNotMailFile // also where the config names it: it must not be written
	}
	text, err := s.await(ctx, "mail: "+name, func() ([]byte, error) { return policy.read(name) })
	switch {
	case err == nil:
		return &Mail{Text: text, Exists: true, file: File(path)}, nil
	case !errors.Is(err, ErrNotMailFile) && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if path, err = policy.locateNew(name); err != nil || !mayNameFiles {
		return nil, ErrNotMailFile
	}
	return &Mail{file: File(path)}, nil
}

// locateNew returns the path without links of a mail's file that is not there yet.
func (p *draftFilePolicy) locateNew(name string) (string, error) {
	path, err := filepath.Abs(resolvePath(p.config, name))
	if err != nil {
		return "", err
	}
	folder, err := filepath.Abs(filepath.Dir(p.config))
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(folder, path)
	if err != nil || isHidden(inside) || slices.ContainsFunc([]rune(name), isOddInName) {
		return "", ErrNotMailFile
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotMailFile
	}
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return "", err
	}
	parent := filepath.Dir(path)
	for ; ; parent = filepath.Dir(parent) {
		if _, err := os.Lstat(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	there, err := filepath.EvalSymlinks(parent)
	if err != nil {
		return "", err
	}
	rest, err := filepath.Rel(parent, path)
	if err != nil {
		return "", err
	}
	path = filepath.Join(there, rest)
	if inside, err = filepath.Rel(root, path); err != nil || isHidden(inside) {
		return "", ErrNotMailFile
	}
	return path, checkMailFile(inside)
}

// isOddInName reports whether a letter would make a file's name hard to write or to see.
func isOddInName(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }

// LoadWith is [Source.Load] as it would be if the mail had a text.
func (s *Source) LoadWith(ctx context.Context, mail *Mail, text []byte, running *Snapshot) (*Snapshot, error) {
	return s.load(ctx, config.Document{}, func(_, name string) ([]byte, error) {
		path := resolvePath(running.Path, name)
		if mail.is(path) {
			return text, nil
		}
		return s.read(ctx, path)
	})
}

// is reports whether a path leads to the mail's file.
func (m *Mail) is(path string) bool {
	own, err := os.Stat(string(m.file))
	if err == nil {
		other, err := os.Stat(path)
		return err == nil && os.SameFile(own, other)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	return err == nil && filepath.Join(folder, filepath.Base(path)) == string(m.file)
}

// Save gives the mail's file a text and reloads, as [File.Replace] does. One that did not
// exist is made, with the folders that it is in.
func (m *Mail) Save(text []byte, reload func() error) error {
	if m.Exists {
		return m.file.Replace(m.Text, text, reload)
	}
	const mode = 0o644 // it holds no secret, and others edit it too
	return m.file.Create(text, mode, reload)
}
