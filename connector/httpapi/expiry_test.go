package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app/apptest"
)

func TestExpiresAtSpellings(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	soon := time.Now().Add(time.Minute)
	for expiresAt, ok := range map[string]bool{
		`"` + soon.Format(time.RFC3339) + `"`:                                  true,
		`"` + soon.UTC().Format(time.RFC3339Nano) + `"`:                        true,
		`"` + soon.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano) + `"`: true,
		`""`: true, `null`: true,
		`"` + soon.Format("2006-01-02T15:04:05.000000") + `"`: false, // Python's isoformat
		`"` + soon.Format("2006-01-02 15:04:05Z07:00") + `"`:  false,
		`"` + soon.Format(time.RFC1123) + `"`:                 false,
		`1764111896`:                                          false,
		`1764111896000`:                                       false,
		`"1764111896"`:                                        false,
		`{}`:                                                  false,
		`true`:                                                false,
	} {
		for path, body := range map[string]string{
			"/send-code": `{"to":"a@example.org","type":"SignIn","payload":{"code":"1"},"expiresAt":` + expiresAt + `}`,
			"/preview":   `{"type":"SignIn","payload":{"code":"1"},"expiresAt":` + expiresAt + `}`,
		} {
			a := s.Post(t, path, body)
			told := strings.Contains(string(a.Body), `\"expiresAt\" must be a time with a zone, such as `)
			if ok && a.Status != http.StatusOK || !ok && (a.Status != http.StatusBadRequest || !told) {
				t.Errorf("POST %s with expiresAt %s = %d %s, want ok %v", path, expiresAt, a.Status, a.Body, ok)
			}
		}
	}
}
