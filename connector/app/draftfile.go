package app

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"mailgun-connector/connector/config"
)

// draftFilePolicy says which files a draft may name, and reads them: those that the
// running config names, and mails in the config's folder or below it. Whoever holds an
// API token can look at what a draft names, so that must never be a credential.
type draftFilePolicy struct {
	config  string              // path of the running config
	named   map[string]struct{} // as the running config writes them
	secrets []string            // paths of the service's own files
	apiKey  config.Secret
}

func (a *App) newDraftFilePolicy(now *Snapshot) *draftFilePolicy {
	p := &draftFilePolicy{
		config:  now.Path,
		named:   map[string]struct{}{},
		secrets: []string{now.Path, a.opts.APIKeyFile, a.opts.TokenFile, a.opts.WebhookKeyFile, a.opts.StoreKeyFile},
		apiKey:  now.Config.APIKey,
	}
	for _, ref := range referencesOf(now.Config) {
		p.named[ref.name] = struct{}{}
	}
	return p
}

// errNotMailFile is the one refusal for all reasons: which of them it was would tell
// whether a file exists that is none of the caller's business.
var errNotMailFile = errors.New("no such mail file: a config that comes through the API may name .html, .htm and .txt files " +
	"of at most 1 MiB, in the config's folder or below it, no hidden ones and no links that lead out")

const maxMailFile = 1 << 20 // bytes; no mail is that long

// read returns the text of the file that a draft calls name.
func (p *draftFilePolicy) read(_, name string) ([]byte, error) {
	path := resolvePath(p.config, name)
	if _, ok := p.named[name]; ok {
		return readNamed(path)
	}
	text, err := p.readMail(name, path)
	if err != nil {
		return nil, errNotMailFile
	}
	return text, nil
}

// readNamed reads a file that the running config names, wherever its links lead.
func readNamed(path string) ([]byte, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	f, _, err := openRegular(filepath.Dir(target), filepath.Base(target))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}

// readMail reads a mail in the config's folder or below it.
func (p *draftFilePolicy) readMail(name, path string) ([]byte, error) {
	if strings.ContainsRune(name, '\\') {
		return nil, errNotMailFile
	}
	folder, target, err := locateMail(filepath.Dir(p.config), path)
	if err != nil {
		return nil, err
	}
	f, info, err := openRegular(folder, target)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if info.Size() > maxMailFile || p.isSecret(info) {
		return nil, errNotMailFile
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMailFile))
	if key := p.apiKey.Reveal(); key != "" && bytes.Contains(text, []byte(key)) {
		return nil, errNotMailFile
	}
	return text, err
}

// locateMail returns the folder without links, and in it the path without links of a
// mail. They are followed here because [os.Root] takes no absolute ones, wherever they
// lead.
func locateMail(folder, path string) (root, target string, err error) {
	if folder, err = filepath.Abs(folder); err != nil {
		return "", "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	inside, err := filepath.Rel(folder, path)
	if err != nil {
		return "", "", err
	}
	if isHidden(inside) {
		return "", "", errNotMailFile
	}
	if root, err = filepath.EvalSymlinks(folder); err != nil {
		return "", "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", "", err
	}
	if target, err = filepath.Rel(root, path); err != nil {
		return "", "", err
	}
	// Behind a link only the file's own name counts: in a Kubernetes ConfigMap every
	// file is a link into the hidden folder ..data.
	if isHidden(filepath.Base(target)) {
		return "", "", errNotMailFile
	}
	return root, target, checkMailFile(inside, target)
}

// checkMailFile refuses paths that lead out of the config's folder or don't end as a
// mail's file does.
func checkMailFile(paths ...string) error {
	for _, path := range paths {
		ending := strings.ToLower(filepath.Ext(path))
		if !filepath.IsLocal(path) || !slices.Contains([]string{".html", ".htm", ".txt"}, ending) {
			return errNotMailFile
		}
	}
	return nil
}

// isHidden reports whether a step of a path begins with a dot, as .. does too.
func isHidden(path string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), func(step string) bool {
		return strings.HasPrefix(step, ".")
	})
}

// isSecret reports whether a file is one of the service's own, under whatever name: the
// tokens may well be in a tokens.txt beside the config.
func (p *draftFilePolicy) isSecret(info os.FileInfo) bool {
	return slices.ContainsFunc(p.secrets, func(secret string) bool {
		other, err := os.Stat(secret)
		return err == nil && os.SameFile(info, other)
	})
}

// openRegular opens a regular file in a folder. It neither opens a device nor waits for
// the other end of a pipe, and a link that is put in the file's place meanwhile can't
// lead out of the folder.
func openRegular(folder, name string) (*os.File, os.FileInfo, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }()
	if err := checkRegular(root.Stat(name)); err != nil {
		return nil, nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err := checkRegular(info, err); err != nil { // once more: it may be another file by now
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func checkRegular(info os.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	return err
}
