package app_test

import (
	"os"
	"strings"
	"testing"

	"mailgun-connector/connector/config"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	type status struct {
		Version string
		Config  struct {
			File, ETag, LoadedAt string
			Writable             bool
			Reload               struct {
				OK       bool
				At       string
				Problems []config.Problem
			}
		}
	}
	var first, bad, good status
	s.Get(t, "/status").Decode(t, &first)
	_, etag := got(t, s, asJSON)
	if c := first.Config; first.Version != "test" || c.File != s.ConfigPath || c.ETag != etag || !c.Writable || !c.Reload.OK || c.Reload.Problems == nil || len(c.Reload.Problems) > 0 {
		t.Errorf("GET /status = %+v, want all well", first)
	}
	write(t, s.ConfigPath, strings.Replace(commented, "html:", "htm:", 1))
	_ = s.App.Reload()
	s.Get(t, "/status").Decode(t, &bad)
	if r := bad.Config.Reload; r.OK || len(r.Problems) == 0 || r.Problems[0].Line == 0 || bad.Config.ETag != etag || bad.Config.LoadedAt != first.Config.LoadedAt {
		t.Errorf("GET /status after a bad change = %+v, want its problems", bad)
	}
	if err := os.Remove(s.ConfigPath); err != nil {
		t.Fatal(err)
	}
	_ = s.App.Reload()
	s.Get(t, "/status").Decode(t, &bad)
	if r := bad.Config.Reload; r.OK || len(r.Problems) != 1 || bad.Config.Writable {
		t.Errorf("GET /status without a file = %+v, want one problem", bad)
	}
	write(t, s.ConfigPath, commented)
	_ = s.App.Reload()
	if s.Get(t, "/status").Decode(t, &good); !good.Config.Reload.OK || len(good.Config.Reload.Problems) > 0 {
		t.Errorf("GET /status after it was taken back = %+v, want all well", good)
	}
}
