package app_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
)

// The log of a load, the check of a draft and its preview tell the same warnings.
func TestWarningsEverywhere(t *testing.T) {
	t.Parallel()
	const text = `{"domain":"mg.example.com","from":"a@acme.example","deliveries":{
		"signIn":{"subject":"s","html":"<img src='https://x.example/x.png'>{{code}} {% if x %}"}}}`
	s := apptest.Start(t, apptest.Config{Connector: text})
	var valid, previewed struct{ Warnings []config.Problem }
	s.Post(t, "/config/validate", s.Fill(t, text)).Decode(t, &valid)
	s.Post(t, "/preview", `{"type":"signIn","config":`+s.Fill(t, text)+`}`).Decode(t, &previewed)
	if len(valid.Warnings) != 5 {
		t.Fatalf("warnings = %v, want five", valid.Warnings)
	}
	if diff := cmp.Diff(valid.Warnings, previewed.Warnings); diff != "" {
		t.Errorf("warnings (-validate +preview):\n%s", diff)
	}
	for _, w := range valid.Warnings {
		if quoted := strings.ReplaceAll(w.Detail, `"`, `\"`); !strings.Contains(s.Logs.String(), quoted[:min(20, len(quoted))]) {
			t.Errorf("log = %s, want the warning %s", s.Logs, w)
		}
	}
	if n := strings.Count(s.Logs.String(), `"msg":"config warning"`); n != len(valid.Warnings) {
		t.Errorf("warnings in the log = %d, want %d", n, len(valid.Warnings))
	}
	var running struct{ Warnings []config.Problem }
	s.Post(t, "/preview", `{"type":"signIn"}`).Decode(t, &running)
	if diff := cmp.Diff(valid.Warnings, running.Warnings); diff != "" {
		t.Errorf("warnings (-validate +preview of the running config):\n%s", diff)
	}
}
