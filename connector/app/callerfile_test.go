package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector/app/apptest"
)

// The files with the secrets of callers are no mails, and a draft names none but those of
// the running config.
func TestSecretFilesOfCallersInDrafts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"tokens.txt": "token-of-the-kratos-caller", "other.txt": "token-of-somebody-else"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := func(callers, html string) string {
		return `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
			"deliveries":{"Generic":{"subject":"s",` + html + `}},"callers":{` + callers + `}}`
	}
	kratos := func(file string) string {
		return `"kratos":{"type":"kratos","tokensFile":"` + filepath.Join(folder, file) + `"}`
	}
	s := apptest.Start(t, apptest.Config{Connector: with(kratos("tokens.txt"), `"html":"<p>{{code}}</p>"`)})
	for draft, want := range map[string]int{
		with(kratos("tokens.txt"), `"html":"<p>{{code}}</p>"`):                                           http.StatusOK,
		with(kratos("other.txt"), `"html":"<p>{{code}}</p>"`):                                            http.StatusBadRequest,
		with(kratos("tokens.txt"), `"htmlFile":"`+filepath.Join(folder, "tokens.txt")+`"`):               http.StatusBadRequest,
		with(`"kratos":{"type":"kratos","tokens":["<secret>"]}`, `"html":"<p>{{code}}</p>"`):             http.StatusOK,
		with(`"kratos":{"type":"kratos","tokensFile":"/etc/hostname"}`, `"html":"<p>{{code}}</p>"`):      http.StatusBadRequest,
		with(`"kratos":{"type":"kratos","tokensFile":"../../etc/hostname"}`, `"html":"<p>{{code}}</p>"`): http.StatusBadRequest,
	} {
		answer := s.Post(t, "/config/validate", draft)
		if answer.Status != want || strings.Contains(string(answer.Body), "token-of") {
			t.Errorf("POST /config/validate %s = %d %s, want %d", draft, answer.Status, answer.Body, want)
		}
	}
	// A new secret in the file counts at once.
	call := func() int {
		return s.Do(t, "POST", "/hooks/kratos", "{}", map[string]string{"Authorization": "Bearer token-of-somebody-else"}).Status
	}
	if got := call(); got != http.StatusUnauthorized {
		t.Errorf("a call with a token that is not in the file = %d, want 401", got)
	}
	if err := os.WriteFile(filepath.Join(folder, "tokens.txt"), []byte("token-of-somebody-else"), 0o600); err != nil {
		t.Fatal(err)
	}
	apptest.Within(t, "the new token counts", func() bool { return call() == http.StatusBadRequest })
}
