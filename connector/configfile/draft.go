package configfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mailgun-connector/connector/config"
	"mailgun-connector/schema"
)

// ParseDraft reads a config that came over the network, with the key of the one that
// runs if it has none of its own. It may name the files that the running config names,
// in the same places, and gets them as that has them: so what GET /config returns can
// be tried as it is. With mayNameFiles it may also name what a saved one may.
func (s *Source) ParseDraft(
	ctx context.Context, draft config.Document, running *Snapshot, mayNameFiles bool,
) (*config.Config, error) {
	refs, policy := referencesOf(running.Config), s.newDraftFilePolicy(running)
	otherKey := running.failoverKey
	if f := running.Config.Failover; f != nil {
		otherKey = f.APIKey
	}
	return config.Parse(draft.Data, config.ParseOptions{
		Format:      draft.Format,
		APIKey:      running.Config.APIKey,
		FailoverKey: otherKey,
		AllowHosts:  s.AllowEndpointHosts,
		Masked:      true,
		ReadFile: func(pointer, name string) ([]byte, error) {
			if config.IsSecretFile(pointer) {
				return s.await(ctx, "secret: "+name, func() ([]byte, error) { return policy.readSecret(name) })
			}
			if ref, ok := refs[pointer]; ok && ref.name == name {
				return []byte(ref.text), nil
			}
			if !mayNameFiles {
				return nil, config.ErrNoFiles
			}
			return s.await(ctx, "draft: "+name, func() ([]byte, error) { return policy.read(name) })
		},
	})
}

// LoadDraft is [Source.Load] with a draft in the place of the config's text, and with files
// in that of the disk's by the names that the draft has for them.
func (s *Source) LoadDraft(
	ctx context.Context, draft config.Document, files map[string]string, running *Snapshot,
) (*Snapshot, error) {
	policy := s.newDraftFilePolicy(running)
	return s.load(ctx, draft, func(pointer, name string) ([]byte, error) {
		if config.IsSecretFile(pointer) {
			return s.await(ctx, "secret: "+name, func() ([]byte, error) { return policy.readSecret(name) })
		}
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return s.await(ctx, "draft: "+name, func() ([]byte, error) { return policy.read(name) })
	})
}

// reference is a file that a config names, with its text.
type reference struct{ name, text string }

// referencesOf returns the files that a config names by the pointer to their name.
func referencesOf(cfg *config.Config) map[string]reference {
	refs := map[string]reference{}
	add := func(pointer, name, text string) {
		if name != "" {
			refs[pointer] = reference{name, text}
		}
	}
	add("/layout", cfg.LayoutFile, cfg.Layout)
	for usageType, d := range cfg.Deliveries {
		at := "/deliveries/" + schema.EscapePointer(usageType)
		add(at+"/htmlFile", d.HTMLFile, d.HTML)
		add(at+"/textFile", d.TextFile, d.Text)
	}
	for i, t := range cfg.Templates {
		at := "/templates/" + strconv.Itoa(i) + "/details"
		add(at+"/contentFile", t.Details.ContentFile, t.Details.Content)
		add(at+"/textFile", t.Details.TextFile, t.Details.Text)
	}
	return refs
}

// draftFilePolicy says which files a draft may name, and reads them: those that the
// running config names, and mails in the config's folder or below it. Whoever holds an
// API token can look at what a draft names, so that must never be a credential.
type draftFilePolicy struct {
	config  string              // path of the running config
	named   map[string]struct{} // as the running config writes them
	secrets []string            // paths of the service's own files
	// callers are the files with the secrets of callers, as the running config writes them.
	callers []string
	apiKeys []config.Secret
}

func (s *Source) newDraftFilePolicy(running *Snapshot) *draftFilePolicy {
	p := &draftFilePolicy{
		config: running.Path,
		named:  map[string]struct{}{},
		secrets: slices.Concat(
			[]string{running.Path, s.APIKeyFile, s.FailoverKeyFile, s.TokenFile, s.WebhookKeyFile}, s.Private),
		apiKeys: []config.Secret{running.Config.APIKey, running.failoverKey},
		callers: running.Config.SecretFiles(),
	}
	if f := running.Config.Failover; f != nil {
		p.apiKeys = append(p.apiKeys, f.APIKey)
	}
	for _, name := range p.callers {
		p.secrets = append(p.secrets, resolvePath(running.Path, name))
	}
	for _, ref := range referencesOf(running.Config) {
		p.named[ref.name] = struct{}{}
	}
	return p
}

// ErrNotMailFile is the one refusal for all reasons: which of them it was would tell
// whether a file exists that is none of the caller's business.
var ErrNotMailFile = errors.New("no such mail file: " +
	"a config that comes through the API may name .html, .htm and .txt files " +
	"of at most 1 MiB, in the config's folder or below it, no hidden ones and no links that lead out")

// read returns the text of the file that a draft calls name.
func (p *draftFilePolicy) read(name string) ([]byte, error) {
	path := resolvePath(p.config, name)
	if _, ok := p.named[name]; ok {
		return readRegular(path) // wherever its links lead
	}
	text, err := p.readMail(name, path)
	if err != nil {
		return nil, ErrNotMailFile
	}
	return text, nil
}

// errNewSecretFile keeps a draft from having any file of the machine read.
var errNewSecretFile = errors.New("the running config does not name it: " +
	"add it in the config file on disk, or write the secrets themselves")

// readSecret returns the text of a file with the secrets of a caller.
func (p *draftFilePolicy) readSecret(name string) ([]byte, error) {
	if !slices.Contains(p.callers, name) {
		return nil, errNewSecretFile
	}
	return readRegular(resolvePath(p.config, name))
}

// readMail reads a mail in the config's folder or below it.
func (p *draftFilePolicy) readMail(name, path string) ([]byte, error) {
	if strings.ContainsRune(name, '\\') {
		return nil, ErrNotMailFile
	}
	folder, target, err := locateMail(filepath.Dir(p.config), path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder) // a link that is put in the file's place meanwhile can't lead out
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	f, info, err := openRegular(root.Stat, root.OpenFile, target)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if info.Size() > MaxMail || p.isSecret(info) {
		return nil, ErrNotMailFile
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxMail))
	for _, key := range p.apiKeys {
		if key != "" && bytes.Contains(text, []byte(key.Reveal())) {
			return nil, ErrNotMailFile
		}
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
		return "", "", ErrNotMailFile
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
		return "", "", ErrNotMailFile
	}
	return root, target, checkMailFile(inside, target)
}

// checkMailFile refuses paths that lead out of the config's folder or don't end as a
// mail's file does.
func checkMailFile(paths ...string) error {
	for _, path := range paths {
		ending := strings.ToLower(filepath.Ext(path))
		if !filepath.IsLocal(path) || !slices.Contains([]string{".html", ".htm", ".txt"}, ending) {
			return ErrNotMailFile
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
