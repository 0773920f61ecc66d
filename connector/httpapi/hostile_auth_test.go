package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

func TestHostileTokens(t *testing.T) {
	t.Parallel()
	const second = "second-token-0123456789"
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Token += "," + second }})
	const token = apptest.Token
	for header, ok := range map[string]bool{
		"Bearer " + token:                     true,
		"bearer " + token:                     true,
		"BEARER " + token:                     true,
		"Bearer   " + token:                   true,
		token:                                 true, // as Logto sends what its console was told
		"Bearer " + second:                    true,
		second:                                true,
		"":                                    false,
		"Bearer":                              false,
		"Bearer ,":                            false,
		"Bearer null":                         false,
		"Bearer wrong-token-0123456789":       false,
		"wrong-token-0123456789":              false,
		"Bearer " + token[:len(token)-1]:      false,
		"Bearer " + token + "x":               false,
		"Bearer " + token + "," + second:      false,
		"Bearer " + token + " " + second:      false,
		"Bearer " + strings.ToUpper(token):    false,
		`Bearer "` + token + `"`:              false,
		"Bearer:" + token:                     false,
		"Bearer=" + token:                     false,
		"Bearer Bearer " + token:              false,
		"Basic " + token:                      false,
		"Basic YXBpOnRlc3QtdG9rZW4=":          false,
		"Token " + token:                      false,
		"Digest " + token:                     false,
		"Bearer " + apptest.APIKey:            false,
		"Bearer " + strings.Repeat("x", 8000): false,
	} {
		t.Run(header[:min(len(header), 60)], func(t *testing.T) {
			t.Parallel()
			headers := map[string]string{"Content-Type": "application/json"}
			if header != "" {
				headers["Authorization"] = header
			}
			a := s.Do(t, http.MethodPost, "/send-code", aliveBody, headers)
			if !ok {
				checkUnauthorized(t, "Post(Authorization "+header+")", a)
			} else if a.Status != http.StatusOK {
				t.Errorf("Post(Authorization %q) = %d %s, want 200", header, a.Status, a.Body)
			}
			checkAlive(t, s)
		})
	}
}

func checkUnauthorized(t *testing.T, what string, a apptest.Answer) {
	t.Helper()
	checkRefusal(t, what, a, refusal{http.StatusUnauthorized, connector.AuthorizationFailed}, alive)
	if got := a.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer ") {
		t.Errorf("%.100s with WWW-Authenticate %q, want Bearer", what, got)
	}
}

// Without a token nothing is looked at: not the body, not the query.
func TestHostileCallersGetNothing(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	for _, op := range c.operations() {
		service := withDatabase(t)
		service.Connector = withCallers
		s := apptest.Start(t, service) // one for each route: strangers are slowed after some tries
		for name, x := range map[string]struct {
			query, body string
			header      map[string]string
		}{
			"no token":       {"", aliveBody, nil},
			"wrong token":    {"", aliveBody, map[string]string{"Authorization": "Bearer wrong-token-0123456789"}},
			"broken body":    {"", "{", nil},
			"empty body":     {"", "", map[string]string{"Content-Type": ""}},
			"token in query": {"?access_token=" + apptest.Token + "&token=" + apptest.Token, aliveBody, nil},
			"token in a header of its own": {"", aliveBody, map[string]string{"X-Api-Key": apptest.Token,
				"Proxy-Authorization": "Bearer " + apptest.Token, "Cookie": "token=" + apptest.Token}},
		} {
			t.Run(op.String()+"/"+name, func(t *testing.T) {
				t.Parallel()
				path := strings.Replace(op.path, "{name}", map[string]string{"POST": "supabase", "PUT": "casdoor"}[op.method], 1)
				a := s.Do(t, op.method, path+x.query, x.body, x.header)
				if !c.isPublic(op) || path != op.path { // a caller has a proof of its own
					checkUnauthorized(t, op.String()+" with "+name, a)
				} else if op.path == "/webhooks/mailgun" { // whose signature stands in for a token
					checkRefusal(t, op.String(), a, refusal{http.StatusNotAcceptable, connector.InvalidRequest}, alive)
				} else if a.Status != http.StatusOK {
					t.Errorf("%s with %s = %d %s, want 200", op, name, a.Status, a.Body)
				}
				if len(s.Sandbox.Messages()) > 0 {
					t.Errorf("%s with %s sent a mail", op, name)
				}
			})
		}
	}
}

// Without a token only this machine is answered, by its own names: a web page whose
// name is made to resolve to it must not get in.
func TestHostileHostsWithoutAToken(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Token = "" }})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for host, want := range map[string]int{
		"127.0.0.1" + port: 200, "localhost" + port: 200, "LOCALHOST": 200, "[::1]" + port: 200, "127.9.9.9": 200,
		"evil.example" + port: 401, "localhost.evil.example" + port: 401, "127.0.0.1.evil.example": 401, "10.0.0.1" + port: 401, "0.0.0.0" + port: 401,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/send-code", strings.NewReader(aliveBody))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %q = %d, want %d", host, resp.StatusCode, want)
		}
	}
}
