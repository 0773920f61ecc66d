package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

func TestForbidden(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	noKey := account()
	noKey.APIKey = ""
	closed := serve(t, noKey)
	for name, c := range map[string]*mg.MailgunImpl{
		"wrong key":      mg.NewMailgun(domain, "key-wrong"),
		"unknown domain": mg.NewMailgun("other.example.com", key),
	} {
		c.SetAPIBase(s.url + "/v3")
		c.SetClient(s.client)
		// Nothing else about the message is right either: the key comes first.
		_, _, err := c.Send(t.Context(), mg.NewMessage("nobody", "", "x", "nobody"))
		var refused *mg.UnexpectedResponseError
		if !errors.As(err, &refused) || refused.Actual != 401 || string(refused.Data) != "Forbidden" {
			t.Errorf("%s: Send() = %v, want 401 Forbidden", name, err)
		}
	}
	for _, set := range []func(*http.Request){
		func(*http.Request) {},
		func(r *http.Request) { r.SetBasicAuth("user", key) },
		func(r *http.Request) { r.SetBasicAuth("api", "") },
		func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+key) },
	} {
		for _, site := range []site{s, closed} {
			got := site.unauthorized(t, set)
			if got.status != 401 || got.body != "Forbidden" || got.header.Get("Content-Type") != "text/plain" ||
				got.header.Get("WWW-Authenticate") != `Basic realm="MG API"` {
				t.Errorf("POST = %+v, want Mailgun's 401", got)
			}
		}
	}
	if n := s.Requests(); n != 6 || len(s.Messages()) != 0 {
		t.Errorf("Requests() = %d with %d messages, want 6 with none", n, len(s.Messages()))
	}
}

// unauthorized posts a good form with whatever set puts on the request.
func (s site) unauthorized(t *testing.T, set func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		s.url+messages, strings.NewReader(fields().Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", urlencoded)
	set(r)
	response, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

func TestBadForms(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	full := 16<<10 - len("v:a")
	const (
		invalid = " parameter is not a valid address. please check documentation"
		tooMany = "Send options (parameters starting with o:, h:, or v:) are limited to 16KB total"
	)
	for name, test := range map[string]struct {
		changes []string
		want    string // "" for an accepted form
	}{
		"no from":           {[]string{"from", ""}, "from parameter is missing"},
		"blank from":        {[]string{"from", " "}, "from parameter is missing"},
		"bad from":          {[]string{"from", "Acme"}, "from" + invalid},
		"no to":             {[]string{"to", "", "cc", student}, "to parameter is missing"},
		"bad to":            {[]string{"to", "zoe"}, "to" + invalid},
		"one bad to of two": {[]string{"to", student + ", zoe@"}, "to" + invalid},
		"bad cc":            {[]string{"cc", "@"}, "cc" + invalid},
		"bad bcc":           {[]string{"bcc", "a b"}, "bcc" + invalid},
		"no content": {
			[]string{"text", ""},
			"Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified.",
		},
		"amp-html": {[]string{"text", "", "amp-html", "<html amp4email>"}, ""},
		"html and template": {
			[]string{"html", "<b>", "template", "otp"},
			"Only one parameters 'html' or 'template' is allowed",
		},
		"header name":          {[]string{"h:X-Zoë", "1"}, "Header name must be pure ASCII: X-Zoë"},
		"16 KB of options":     {[]string{"v:a", strings.Repeat("x", full)}, ""},
		"more than that":       {[]string{"v:a", strings.Repeat("x", full+1)}, tooMany},
		"t: counts":            {[]string{"t:variables", strings.Repeat("x", full)}, tooMany},
		"a long text does not": {[]string{"text", strings.Repeat("x", 1<<20)}, ""},
		"unknown fields":       {[]string{"colour", "red", "x:y", "1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.post(t, fields(test.changes...))
			switch {
			case test.want == "" && got.status != 200:
				t.Errorf("POST = %d %s, want 200", got.status, got.body)
			case test.want != "" && (got.status != 400 || got.body != `{"message":"`+test.want+`"}`+"\n"):
				t.Errorf("POST = %d %s, want 400 %s", got.status, got.body, test.want)
			}
		})
	}
}

func TestBadBodies(t *testing.T) {
	t.Parallel()
	const malformed = "malformed multipart/form-data request"
	s := serve(t, account())
	for name, test := range map[string]struct {
		path, contentType, body string
		status                  int
		want                    string
	}{
		"broken multipart":  {messages, "multipart/form-data; boundary=x", "--x\r\nx", 400, malformed},
		"no boundary":       {messages, "multipart/form-data", "--x--", 400, malformed},
		"broken urlencoded": {messages, urlencoded, "from=%zz", 400, `unable to parse request: invalid URL escape \"%zz\"`},
		"JSON":              {messages, "application/json", `{"from":"a@b.c"}`, 400, "from parameter is missing"},
		"no type":           {messages, "", "from=a", 400, "from parameter is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.do(t, http.MethodPost, test.path, test.contentType, test.body)
			if want := `{"message":"` + test.want + `"}` + "\n"; got.status != test.status || got.body != want {
				t.Errorf("POST = %d %s, want %d %s", got.status, got.body, test.status, want)
			}
		})
	}
}

// zeros reads as zero bytes without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		s.url+messages, io.LimitReader(zeros{}, 524<<20/10+1))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("api", key)
	response, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	want := `{"message":"request size exceeds 52.4MiB limit"}` + "\n"
	if err != nil || response.StatusCode != 413 || string(body) != want {
		t.Errorf("POST = %d %s (%v), want 413 %s", response.StatusCode, body, err, want)
	}
}

func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	for _, path := range []string{
		"/v3//messages", "/v3//" + domain + "/messages", "/v3/a/b/messages", "/v3/a%2Fb/messages",
		messages + "/", messages + ".mime", "/v3/.." + messages,
		"/v3/" + domain + "/events", "/v4/" + domain + "/messages", "/v3", "/", "/inboxes",
	} {
		got := s.do(t, http.MethodPost, path, urlencoded, fields().Encode())
		kind, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
		if got.status != 200 || got.body != "Mailgun Magnificent API" || kind != "text/plain" {
			t.Errorf("POST %s = %d %q, want Mailgun's 200 for an unknown route", path, got.status, got.body)
		}
	}
	if s.Requests() != 0 {
		t.Errorf("Requests() = %d, want 0", s.Requests())
	}
	got := s.do(t, http.MethodPost, "/v3/MG.example%2Ecom/messages", urlencoded, fields().Encode())
	if got.status != 200 || s.Requests() != 1 {
		t.Errorf("POST to the domain in other letters = %d %s, want 200", got.status, got.body)
	}
}

func TestClientThatStopsHalfway(t *testing.T) {
	t.Parallel()
	s := sandbox.New(account())
	r, w := newRequest(t, fields().Encode())
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("from="), failing{}))
	s.ServeHTTP(w, r)
	if want := `{"message":"unable to parse request: unexpected EOF"}` + "\n"; w.Code != 400 || w.Body.String() != want {
		t.Errorf("POST = %d %s, want 400 %s", w.Code, w.Body, want)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
