package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// Versions are the configs that were saved, and what was there before them.
type Versions interface {
	// List returns them, newest first.
	List() ([]configfile.Entry, error)
	// Get returns one, and where it differs from the running config (see
	// [config.Changes]). The error is [configfile.ErrNoVersion] if there is none.
	Get(id string) (v *configfile.Version, differs []string, err error)
	// Restore brings back the member at a JSON Pointer with the files that it names, the
	// whole config for "". Errors are those of Get and of Save, and a [*config.GraftError].
	Restore(id, pointer, by string) (*config.Config, error)
}

// shownEntry is a version in a list.
type shownEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Changed []string  `json:"changed"`
	ETag    string    `json:"etag"` // as GET /config had it
}

func showEntry(e configfile.Entry) shownEntry {
	return shownEntry{e.ID, e.At, e.By, e.Changed, quoteTag(e.Version)}
}

func (s *server) versions(c echo.Context) error {
	entries, err := s.Versions.List()
	if err != nil {
		return err
	}
	shown := make([]shownEntry, len(entries))
	for i, e := range entries {
		shown[i] = showEntry(e)
	}
	return c.JSON(http.StatusOK, struct {
		Versions []shownEntry `json:"versions"`
	}{shown})
}

func (s *server) version(c echo.Context) error {
	v, differs, err := s.Versions.Get(c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		shownEntry
		Differs []string          `json:"differs"` // from the running config
		Format  config.Format     `json:"format"`
		Text    string            `json:"text"`
		Files   map[string]string `json:"files"`
	}{showEntry(v.Entry), differs, v.Format, string(v.Data), v.Files})
}

// restoreVersion makes a version, or one member of it, what runs.
func (s *server) restoreVersion(c echo.Context) error {
	var req struct {
		Pointer string `json:"pointer"`
	}
	if err := decode(c, &req); err != nil {
		return err
	}
	if req.Pointer != "" && !strings.HasPrefix(req.Pointer, "/") {
		return badBody(`"pointer" must be a JSON Pointer, such as "/deliveries/SignIn".`)
	}
	var cfg *config.Config
	err := s.inTurn(c, func() (err error) {
		cfg, err = s.Versions.Restore(c.Param("id"), req.Pointer, tokenOf(c).Name)
		return err
	})
	if err != nil {
		return err
	}
	s.Logger.Info("config restored", "request_id", requestID(c), "version", cfg.Version,
		"restored", c.Param("id"), "pointer", req.Pointer, "by", tokenOf(c).Name)
	c.Response().Header().Set("Etag", ETagOf(cfg))
	return c.JSON(http.StatusOK, valid(cfg))
}

// conflict is what a save met that could not be merged.
type conflict struct {
	Pointers []string `json:"pointers"`
	ETag     string   `json:"etag"` // of current
	Base     string   `json:"base"`
	Current  string   `json:"current"`
}

var errConflict = echo.NewHTTPError(http.StatusPreconditionFailed,
	"Somebody else has saved a change at the same place: see conflict, and choose.")

func conflictProblem(e *config.ConflictError, requestID string) problem {
	p := plainProblem(errConflict, requestID)
	p.Conflict = &conflict{
		Pointers: e.Pointers, Base: string(e.Base.Data), Current: string(e.Current.Data), ETag: quoteTag(e.Version),
	}
	return p
}
