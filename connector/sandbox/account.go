package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// domainRoutes are those of Mailgun's API by which a domain is looked at and set up.
func (s *Sandbox) domainRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/domains/{domain}", s.forAccount(s.showDomain))
	mux.HandleFunc("GET /v3/domains/{domain}/webhooks", s.forAccount(s.listHooks))
	mux.HandleFunc("POST /v3/domains/{domain}/webhooks", s.forAccount(s.createHook))
	mux.HandleFunc("PUT /v3/domains/{domain}/webhooks/{kind}", s.forAccount(s.updateHook))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { unknownRoute().write(w) })
	return mux
}

// forAccount lets the API key in, and no sending key.
func (s *Sandbox) forAccount(answer func(*http.Request) *response) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch key := keyOf(r); {
		case key == "" || key != s.config.APIKey:
			forbidden().write(w)
		case !contains(s.config.Domains, r.PathValue("domain")):
			refuse(http.StatusNotFound, "Domain not found").write(w)
		default:
			answer(r).write(w)
		}
	}
}

func found(v any) *response { return &response{http.StatusOK, typeJSON, encode(v)} }

// record is a DNS record as Mailgun has it (API reference, domains).
type record struct {
	Type  string `json:"record_type"`
	Valid string `json:"valid"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s *Sandbox) showDomain(r *http.Request) *response {
	name := r.PathValue("domain")
	state := s.config.States[name]
	if state == "" {
		state = "active"
	}
	records := []record{
		{"TXT", "", name, "v=spf1 include:mailgun.org ~all"},
		{"TXT", "", "k1._domainkey." + name, "k=rsa; p=MIGf"},
		{"CNAME", "", "email." + name, "mailgun.org"},
	}
	for i := range records {
		records[i].Valid = "valid"
		if slices.Contains(s.config.MissingRecords, records[i].Type) {
			records[i].Valid = "unknown"
		}
	}
	return found(map[string]any{
		"domain": map[string]string{
			"name": name, "state": state, "created_at": time.Unix(0, 0).UTC().Format(time.RFC1123),
		},
		"sending_dns_records": records,
	})
}

func (s *Sandbox) showTemplate(r *http.Request) *response {
	name, version := r.PathValue("name"), r.PathValue("version")
	if s.config.Templates != nil && !contains(s.config.Templates, name) {
		return refuse(http.StatusNotFound, "template not found")
	}
	if tags, ok := s.config.Versions[name]; ok && version != "" && !contains(tags, version) {
		return refuse(http.StatusNotFound, "version not found")
	}
	return found(map[string]any{"template": map[string]any{"name": name, "version": map[string]string{"tag": version}}})
}

// registeredHooks are the URLs that were registered for reports, by kind. Reports go to
// [Sandbox.SetWebhook]'s all the same.
type registeredHooks struct {
	mu   sync.Mutex
	urls map[string][]string
}

// Webhooks returns the URLs that were registered through the API, by kind.
func (s *Sandbox) Webhooks() map[string][]string {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	all := map[string][]string{}
	for kind, urls := range s.hooks.urls {
		all[kind] = slices.Clone(urls)
	}
	return all
}

func (s *Sandbox) listHooks(*http.Request) *response {
	webhooks := map[string]any{}
	for kind, urls := range s.Webhooks() {
		webhooks[kind] = map[string]any{"urls": urls}
	}
	return found(map[string]any{"webhooks": webhooks})
}

func (s *Sandbox) createHook(r *http.Request) *response {
	return s.setHook(r, "")
}

func (s *Sandbox) updateHook(r *http.Request) *response {
	return s.setHook(r, r.PathValue("kind"))
}

// setHook wants one to three URLs (API reference, webhooks). A kind that is not in the path
// is in the form.
func (s *Sandbox) setHook(r *http.Request, kind string) *response {
	const maxForm = 64 << 10
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if err := r.ParseMultipartForm(maxForm); err != nil && r.PostForm == nil { //nolint:gosec // the body is bounded
		return bad("unable to parse request")
	}
	if kind == "" {
		kind = r.Form.Get("id")
	}
	urls := r.Form["url"]
	if len(urls) == 0 || len(urls) > 3 {
		return bad("one to three URLs are needed")
	}
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	if s.hooks.urls == nil {
		s.hooks.urls = map[string][]string{}
	}
	s.hooks.urls[kind] = urls
	return found(map[string]string{"message": "Webhook has been created"})
}
