package configfile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector/config"
)

// History is the folder with earlier versions of a config and of the mails that it names.
// Texts are as [config.Config.Text] shows them, without secrets; the files are for their
// owner alone all the same.
type History string

// Kept is how many versions a history keeps.
const Kept = 50

// Entry tells of a version.
type Entry struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// By is who saved it, "" for a version that was found on disk.
	By string `json:"by"`
	// Changed are the places that differ from the version before, see [config.Changes];
	// none for the first.
	Changed []string `json:"changed"`
	// Version is that of the config's own text, see [config.Config.Version].
	Version string `json:"version"`
}

// Version is an earlier config, with the texts of its files.
type Version struct {
	Entry
	config.Revision `json:"-"`
}

// storedRevision is a revision as it is on disk.
type storedRevision struct {
	Text   string            `json:"text"`
	Format config.Format     `json:"format"`
	Files  map[string]string `json:"files"`
}

// ErrNoVersion says that a history has no version of an id, or no more.
var ErrNoVersion = errors.New("there is no version with this id, or no more")

// RevisionOf returns a config as a history keeps it: without secrets, be they in the
// config or in files that it should not name. The error is a [*config.MaskError] for one
// that can't be shown.
func (s *Source) RevisionOf(snap *Snapshot) (config.Revision, error) {
	text, err := snap.Config.Text()
	if err != nil {
		return config.Revision{}, err
	}
	r, policy := config.Revision{Document: text, Files: map[string]string{}}, s.newDraftFilePolicy(snap)
	for _, ref := range referencesOf(snap.Config) {
		if info, err := os.Stat(resolvePath(snap.Path, ref.name)); err == nil && !policy.isSecret(info) {
			r.Files[ref.name] = ref.text
		}
	}
	return r, nil
}

// Keep adds a config of a version (see [config.Config.Version]) as the newest, and drops
// those that are too many, unless the newest one is the same.
func (h History) Keep(version string, r config.Revision, by string) error {
	entries, err := h.List()
	if err != nil {
		return err
	}
	v := Version{Entry{At: time.Now().UTC(), By: by, Changed: []string{}, Version: version}, r}
	if len(entries) > 0 {
		newest, err := h.Get(entries[0].ID)
		if err != nil {
			return err
		}
		if newest.Version == v.Version && maps.Equal(newest.Files, r.Files) {
			return nil
		}
		if v.Changed, err = config.Changes(newest.Revision, r); err != nil {
			return err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	v.ID = id.String()
	if err := h.write(&v); err != nil {
		return err
	}
	for _, old := range entries[min(len(entries), Kept-1):] {
		if err := os.Remove(h.path(old.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

const versionSuffix = ".json.gz"

// path is that of a version: its id sorts by time (RFC 9562, section 5.7).
func (h History) path(id string) string { return filepath.Join(string(h), id+versionSuffix) }

func (h History) write(v *Version) error {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	enc := json.NewEncoder(zip)
	if err := errors.Join( // the entry by itself, so that a list need not read the texts
		enc.Encode(v.Entry), enc.Encode(storedRevision{string(v.Data), v.Format, v.Files}), zip.Close()); err != nil {
		return err
	}
	if err := os.MkdirAll(string(h), 0o700); err != nil {
		return explainHistory(err)
	}
	temp, err := os.CreateTemp(string(h), "*"+unfinished) // with mode 0600
	if err != nil {
		return explainHistory(err)
	}
	_, err = temp.Write(b.Bytes())
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), h.path(v.ID))
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return explainHistory(err)
	}
	syncFolder(string(h))
	return nil
}

// explainHistory makes a [*ReadOnlyError] of an error that says as much.
func explainHistory(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return &ReadOnlyError{Hint: "The folder for earlier versions can't be written: name another with --history."}
	}
	return err
}

// List returns the versions, newest first.
func (h History) List() ([]Entry, error) {
	files, err := os.ReadDir(string(h))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries := []Entry{}
	for _, f := range slices.Backward(files) { // they are sorted by name
		id, ok := strings.CutSuffix(f.Name(), versionSuffix)
		if !ok || uuid.Validate(id) != nil {
			continue
		}
		var e Entry
		if h.read(id, &e) == nil { // another process drops old ones, too; and a broken one must stop no save
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// Get returns a version. The error is [ErrNoVersion] if there is none.
func (h History) Get(id string) (*Version, error) {
	if uuid.Validate(id) != nil {
		return nil, ErrNoVersion
	}
	v := &Version{}
	var stored storedRevision
	if err := h.read(id, &v.Entry, &stored); err != nil {
		return nil, err
	}
	v.Revision = config.Revision{
		Document: config.Document{Data: []byte(stored.Text), Format: stored.Format}, Files: stored.Files,
	}
	return v, nil
}

// Find returns the newest version whose config has a text of which matches is true.
func (h History) Find(matches func(version string) bool) (*Version, error) {
	entries, err := h.List()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if matches(e.Version) {
			return h.Get(e.ID)
		}
	}
	return nil, ErrNoVersion
}

// read decodes the first values of a version's file.
func (h History) read(id string, values ...any) error {
	f, err := os.Open(h.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoVersion
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(zip)
	for _, v := range values {
		if err := dec.Decode(v); err != nil {
			return err
		}
	}
	return nil
}
