package httpapi_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	const (
		start = `{"to":"victim@example.org","type":"SignIn","payload":{"code":"739164"}`
		good  = start + `}`
	)
	brackets := strings.Repeat("[", 100_000)
	for name, body := range map[string]string{
		"empty":               "",
		"only white space":    " \t\r\n ",
		"form":                "to=victim@example.org&code=739164",
		"xml":                 `<send code="739164" to="victim@example.org"/>`,
		"binary":              "\x00\x01\x02\xff",
		"byte order mark":     "\ufeff" + good,
		"UTF-16":              "{\x00\"\x00t\x00o\x00\"\x00",
		"cut off":             start,
		"single quotes":       `{'to':'victim@example.org','code':'739164'}`,
		"trailing comma":      start + `,}`,
		"comment":             `/* 739164 */` + good,
		"not a number":        `{"payload":NaN}`,
		"raw line break":      "{\"to\":\"victim@example.org\n739164\"}",
		"garbage afterwards":  good + " 739164",
		"two objects":         good + good,
		"bracket afterwards":  good + "]",
		"NUL afterwards":      good + "\x00",
		"array":               `[` + good + `]`,
		"string":              `"739164"`,
		"number":              `739164`,
		"bool":                `true`,
		"null":                `null`,
		"empty object":        `{}`,
		"open brackets":       brackets,
		"open brackets, deep": start + `,"x":` + brackets,
		"nested arrays":       start + `,"x":` + brackets + strings.Repeat("]", 100_000) + `}`,
		"nested objects":      start + `,"x":` + strings.Repeat(`{"a":`, 30_000) + "1" + strings.Repeat("}", 30_000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, "/send-code", body)
			checkRefusal(t, "Post("+name+")", a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@example.org")
			checkAlive(t, s)
		})
	}
}

func TestHostileTypes(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	good := map[string]string{"to": `"victim@example.org"`, "type": `"SignIn"`, "payload": `{"code":"739164"}`, "ip": `"192.0.2.7"`}
	wrong := map[string][]string{
		"to":      {`739164`, `true`, `null`, `""`, `[]`, `{}`, `["victim@example.org"]`, `{"address":"victim@example.org"}`},
		"type":    {`739164`, `false`, `null`, `""`, `[]`, `{}`, `["SignIn"]`},
		"payload": {`739164`, `true`, `"739164"`, `[]`, `["739164"]`},
		"ip":      {`739164`, `true`, `[]`, `{}`},
	}
	for _, name := range []string{"code", "link", "locale", "uiLocales"} {
		for _, value := range []string{`739164`, `true`, `[]`, `{}`, `["739164"]`} {
			wrong["payload"] = append(wrong["payload"], `{"`+name+`":`+value+`}`, `{"code":"739164","`+name+`":`+value+`}`)
		}
	}
	for member, values := range wrong {
		for _, value := range values {
			t.Run(member+"="+value, func(t *testing.T) {
				t.Parallel()
				members := maps.Clone(good)
				members[member] = value
				var body []string
				for name, value := range members {
					body = append(body, `"`+name+`":`+value)
				}
				a := s.Post(t, "/send-code", "{"+strings.Join(body, ",")+"}")
				checkRefusal(t, "Post("+member+":"+value+")", a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@example.org")
				checkAlive(t, s)
			})
		}
	}
}

// The other routes with a JSON body name a member of the wrong type as the
// caller wrote it.
func TestHostileTypesAreNamed(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, c := range []struct{ path, body, named string }{
		{"/send-code", `{"to":5}`, `"to"`},
		{"/send-code", `{"payload":[]}`, `"payload"`},
		{"/send-code", `{"payload":{"code":5},"to":"user@example.org","type":"SignIn"}`, `"payload.code"`},
		{"/test", `{"email":5}`, `"email"`},
		{"/test", `{"email":"user@example.org","locale":5}`, `"locale"`},
		{"/preview", `{"type":5}`, `"type"`},
		{"/preview", `{"type":"SignIn","payload":5}`, `"payload"`},
	} {
		t.Run(c.path+" "+c.named, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, c.path, c.body)
			checkRefusal(t, c.path, a, refusal{http.StatusBadRequest, connector.InvalidRequest})
			var p struct{ Detail string }
			if a.Decode(t, &p); !strings.HasPrefix(p.Detail, c.named+" ") {
				t.Errorf("Post(%s, %s) says %q, want it to name %s", c.path, c.body, p.Detail, c.named)
			}
		})
	}
}

func TestHostileUsageTypes(t *testing.T) {
	t.Parallel()
	withGeneric := apptest.Start(t, apptest.Config{})
	without := apptest.Start(t, apptest.Config{Connector: `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
		"deliveries":{"SignIn":{"subject":"s","html":"<p>{{code}}</p>"}}}`})
	longest := strings.Repeat("T", 64)
	for _, c := range []struct {
		name      string // of the type, as JSON has it
		ok        bool   // where there is a Generic
		elsewhere connector.Code
	}{
		{name: "Unknown", ok: true, elsewhere: connector.TemplateNotFound},
		{name: "signin", ok: true, elsewhere: connector.TemplateNotFound},
		{name: "__proto__", ok: true, elsewhere: connector.TemplateNotFound},
		{name: "..", ok: true, elsewhere: connector.TemplateNotFound},
		{name: longest, ok: true, elsewhere: connector.TemplateNotFound},
		{name: longest + "T", elsewhere: connector.InvalidRequest},
		{name: "Sign In", elsewhere: connector.InvalidRequest},
		{name: "../../etc/passwd", elsewhere: connector.InvalidRequest},
		{name: `<script>`, elsewhere: connector.InvalidRequest},
		{name: `a\nb`, elsewhere: connector.InvalidRequest},
		{name: `a\u0000`, elsewhere: connector.InvalidRequest},
		{name: `ＳｉｇｎＩｎ`, elsewhere: connector.InvalidRequest},
		{name: `{{code}}`, elsewhere: connector.InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := `{"to":"` + alive + `","type":"` + c.name + `","payload":{"code":"739164"}}`
			switch a := withGeneric.Post(t, "/send-code", body); {
			case !c.ok:
				checkRefusal(t, c.name, a, refusal{http.StatusBadRequest, connector.InvalidRequest}, alive)
			case a.Status != http.StatusOK:
				t.Errorf("Post(type %q) with a Generic = %d %s, want 200", c.name, a.Status, a.Body)
			}
			checkRefusal(t, c.name, without.Post(t, "/send-code", body), refusal{http.StatusBadRequest, c.elsewhere}, alive)
			checkAlive(t, withGeneric)
			checkAlive(t, without)
		})
	}
}

func TestHostileCodes(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for name, rest := range map[string]string{
		"no payload":    ``,
		"null payload":  `,"payload":null`,
		"empty payload": `,"payload":{}`,
		"null code":     `,"payload":{"code":null}`,
		"empty code":    `,"payload":{"code":""}`,
		"other case":    `,"payload":{"Code":"739164"}`,
		"deeper":        `,"payload":{"payload":{"code":"739164"}}`,
		"beside":        `,"code":"739164"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, "/send-code", `{"to":"victim@example.org","type":"SignIn"`+rest+`}`)
			checkRefusal(t, "Post("+name+")", a, refusal{http.StatusBadRequest, connector.InsufficientRequest}, "victim@example.org")
			checkAlive(t, s)
		})
	}
}

func TestHostileSizes(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	const start, end, limit = `{"to":"alive@example.org","type":"SignIn","payload":{"code":"739164"},"x":"`, `"}`, 256 << 10
	sized := func(n int) string { return start + strings.Repeat("x", n-len(start)-len(end)) + end }
	for _, c := range []struct {
		name   string
		body   io.Reader // strings have a Content-Length, other readers are sent in chunks
		status int
	}{
		{"the limit", strings.NewReader(sized(limit)), http.StatusOK},
		{"the limit, in chunks", io.MultiReader(strings.NewReader(sized(limit))), http.StatusOK},
		{"a byte more", strings.NewReader(sized(limit + 1)), http.StatusRequestEntityTooLarge},
		{"a byte more, in chunks", io.MultiReader(strings.NewReader(sized(limit + 1))), http.StatusRequestEntityTooLarge},
		{"10 MiB", strings.NewReader(sized(10 << 20)), http.StatusRequestEntityTooLarge},
		{"10 MiB, in chunks", io.MultiReader(strings.NewReader(sized(10 << 20))), http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/send-code", c.body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+apptest.Token)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept", "*/*")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatalf("Post(%s): %v", c.name, err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatalf("Post(%s): %v", c.name, err)
			}
			a := apptest.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
			if c.status != http.StatusOK {
				checkRefusal(t, c.name, a, refusal{c.status, connector.InvalidRequest}, alive)
			} else if a.Status != http.StatusOK {
				t.Errorf("Post(%s) = %d %s, want 200", c.name, a.Status, a.Body)
			}
			checkAlive(t, s)
		})
	}
}

func TestHostileContentTypes(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for contentType, status := range map[string]int{
		"application/json":                  200,
		"application/json; charset=utf-8":   200,
		"application/json;charset=UTF-8":    200,
		"Application/JSON":                  200,
		"":                                  415,
		"text/plain":                        415,
		"application/x-www-form-urlencoded": 415,
		"multipart/form-data; boundary=x":   415,
		"text/json":                         415,
		"application/jsonp":                 415,
		"application/problem+json":          415,
		"application/yaml":                  415,
		"application/":                      415,
		"json":                              415,
		"on":                                415,
		"*/*":                               415,
		"application/json, text/plain":      415,
		"\t;;=":                             415,
	} {
		t.Run(contentType, func(t *testing.T) {
			t.Parallel()
			header := map[string]string{"Authorization": "Bearer " + apptest.Token}
			if contentType != "" {
				header["Content-Type"] = contentType
			}
			a := s.Do(t, http.MethodPost, "/send-code", aliveBody, header)
			if status != http.StatusOK {
				checkRefusal(t, contentType, a, refusal{status, connector.InvalidRequest}, alive)
			} else if a.Status != status {
				t.Errorf("Post(Content-Type %q) = %d %s, want %d", contentType, a.Status, a.Body, status)
			}
			checkAlive(t, s)
		})
	}
}
