package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector/app/apptest"
)

// A slash too many changes nothing, at any route: neither what is answered, nor to whom,
// nor by a detour that a caller with a body would not follow.
func TestSlashesAreForgiven(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	bodies := map[string]string{"/send-code": aliveBody, "/test": `{"email":"` + alive + `"}`, "/preview": aliveBody}
	for _, op := range loadContract(t).operations() {
		path := strings.NewReplacer("{id}", "0198c0de-7a10-7f00-8000-5f0c6a1b2c3d", "{path}", "a.html", "{name}", "nobody", "{kind}", "bounce").Replace(op.path)
		body, ok := bodies[path]
		if !ok && op.method != http.MethodGet {
			body = "{}"
		}
		ask := func(path, token string) apptest.Answer {
			w := dial(t, s)
			w.send(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nIf-Match: *\r\nX-Request-Id: same\r\n"+
				"Content-Type: application/json\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s", op.method, path, token, len(body), body))
			return w.answer(t, op.method)
		}
		for _, token := range []string{apptest.Token, "wrong-token-0123456789"} {
			want := ask(path, token)
			spellings := []string{path + "/", path + "//", "/" + path, "//" + path + "/", strings.ReplaceAll(path, "/", "//"), path + "/?x=//"}
			if token != apptest.Token { // such a caller is soon slowed
				spellings = spellings[:2]
			}
			for _, spelling := range spellings {
				got := ask(spelling, token)
				if got.Status != want.Status || got.Header.Get("Content-Type") != want.Header.Get("Content-Type") {
					t.Errorf("%s %s = %d %.200s, want as for %s: %d %.200s", op.method, spelling, got.Status, got.Body, path, want.Status, want.Body)
				}
				if want.Status >= 400 && string(got.Body) != string(want.Body) {
					t.Errorf("%s %s = %.200s, want %.200s", op.method, spelling, got.Body, want.Body)
				}
			}
		}
	}
	const spellings = 7 // with the plain one, of /send-code and of /test
	if got := len(s.Sandbox.Messages()); got != 2*spellings {
		t.Errorf("%d mails were sent, want %d", got, 2*spellings)
	}
	if a := s.Post(t, "/send-code/more", aliveBody); a.Status != http.StatusNotFound {
		t.Errorf("POST /send-code/more = %d, want 404", a.Status)
	}
}
