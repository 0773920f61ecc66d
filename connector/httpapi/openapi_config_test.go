package httpapi_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/httpapi"
)

// savedConfigs tries what PUT /config answers.
func savedConfigs(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{})
	whatever := map[string]string{"If-Match": "*"}
	own := s.Fill(t, draftConfig)
	for _, x := range []tried{
		{"PUT", "/config", own, nil, 428, "invalid_request_parameters"},
		{"PUT", "/config", own, map[string]string{"If-Match": `"other"`}, 412, "invalid_request_parameters"},
		{"PUT", "/config", "{}", whatever, 400, "invalid_config"},
		{"PUT", "/config", own, whatever, 200, ""},
		{"PUT", "/config", own, map[string]string{"If-Match": "*", "Content-Type": "application/yaml"}, 415, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
	}
	if err := os.Chmod(s.ConfigPath, 0o400); err != nil {
		t.Fatal(err)
	}
	tried{"PUT", "/config", s.Fill(t, manyContents), whatever, 409, "invalid_request_parameters"}.exchange(t, c, s)
	tried{"GET", "/status", "", nil, 200, ""}.exchange(t, c, s)
}

// yamlConfigs tries what is different for a config file in YAML.
func yamlConfigs(t *testing.T, c *contract) {
	asYAML := map[string]string{"If-Match": "*", "Accept": "application/yaml", "Content-Type": "application/yaml"}
	const text = "domain: mg.example.com\nfrom: a@mg.example.com\ndeliveries: {T: {template: t, variables: {k: &k key-0123}}}\napiKey: "
	path := filepath.Join(t.TempDir(), "connector.yaml")
	if err := os.WriteFile(path, []byte(text+"'key-0123'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Config = path }})
	for _, x := range []tried{
		{"GET", "/config", "", asYAML, 409, "invalid_request_parameters"}, // other members hold the key too
		{"PUT", "/config", text + "key-other", asYAML, 200, ""},
		{"GET", "/config", "", asYAML, 200, ""},
		{"PUT", "/config", s.Fill(t, draftConfig), map[string]string{"If-Match": "*"}, 415, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
	}
}

// asPlain goes with the text of a mail's file that may have any text now.
var asPlain = map[string]string{"If-Match": "*", "Content-Type": "text/plain"}

// mailFiles tries what the files of mails answer.
func mailFiles(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{})
	isNew := map[string]string{"If-None-Match": "*", "Content-Type": "text/html"}
	for _, x := range []tried{
		{"GET", "/config/files/a.html", "", nil, 404, "invalid_request_parameters"},
		{"GET", "/config/files/connector.json", "", nil, 404, "invalid_request_parameters"},
		{"GET", "/config/files/a.html", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"PUT", "/config/files/a.html", "<p>{{code}}</p>", asPlain, 412, "invalid_request_parameters"},
		{"PUT", "/config/files/a.html", "<p>{{code}}</p>", isNew, 201, ""},
		{"PUT", "/config/files/a.html", "<p>{{code}}</p>", isNew, 412, "invalid_request_parameters"},
		{"PUT", "/config/files/a.json", "{}", isNew, 404, "invalid_request_parameters"},
		{"PUT", "/config/files/a.html", "x", map[string]string{"Content-Type": "text/plain"}, 428, "invalid_request_parameters"},
		{"PUT", "/config/files/a.html", "<p>{{code}}", asPlain, 200, ""},
		{"PUT", "/config/files/a.html", "\xff\xfe", asPlain, 400, "invalid_request_parameters"},
		{"GET", "/config/files/a.html", "", nil, 200, ""},
		{"GET", "/config/files/a.html", "", map[string]string{"If-None-Match": "*"}, 304, ""},
		{"PUT", "/config", s.Fill(t, `{"domain":"mg.example.com","from":"a@mg.example.com","deliveries":{"A":{"htmlFile":"a.html"}}}`),
			map[string]string{"If-Match": "*"}, 200, ""},
		{"PUT", "/config/files/a.html", "{{#if code}}", asPlain, 400, "invalid_config"},
	} {
		x.exchange(t, c, s)
	}
	if err := os.Chmod(filepath.Join(filepath.Dir(s.ConfigPath), "a.html"), 0o400); err != nil {
		t.Fatal(err)
	}
	tried{"PUT", "/config/files/a.html", "<p>{{code}}!", asPlain, 409, "invalid_request_parameters"}.exchange(t, c, s)
}

// allMails tries what there is to learn about the mails.
func allMails(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{Connector: manyContents})
	const branded = `{"domain":"mg.example.com","from":"a@mg.example.com","brand":{"name":"Acme"}}`
	for _, x := range []tried{
		{"POST", "/mails", "{}", nil, 200, ""},
		{"POST", "/mails", `{"config":` + branded + `}`, nil, 200, ""},
		{"POST", "/mails", `{"config":{}}`, nil, 400, "invalid_config"},
		{"POST", "/mails/builtin", `{"type":"SignIn","language":"de","config":` + branded + `}`, nil, 200, ""},
		{"POST", "/mails/builtin", `{"type":"SignIn","language":"tlh","config":` + branded + `}`, nil, 400, "template_not_found"},
		{"POST", "/mails/builtin", `{"type":"SignIn","language":"de"}`, nil, 400, "template_not_found"},
		{"POST", "/mails/builtin", `{"type":"SignIn","language":"de","config":{}}`, nil, 400, "invalid_config"},
	} {
		x.exchange(t, c, s)
	}
}

// allCallers tries what there is to learn about the callers, before and after they have called.
func allCallers(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{Connector: withCallers, Options: withScopes})
	list := tried{"POST", "/callers", "{}", nil, 200, ""}
	list.exchange(t, c, s)
	unsigned := signedCall(recovery)
	unsigned["Webhook-Signature"] = "v1,AAAA"
	for _, x := range []tried{
		{"POST", "/hooks/supabase", recovery, unsigned, 401, "authorization_failed"},
		{"POST", "/hooks/supabase", recovery, signedCall(recovery), 200, ""},
		{"POST", "/hooks/kratos", "{", map[string]string{"Authorization": "Bearer " + hookToken}, 400, "invalid_request_parameters"},
		{"PUT", "/hooks/kratos", "{}", nil, 405, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
		list.exchange(t, c, s)
	}
	edit := map[string]string{"Authorization": tokensByScope["edit"], "Content-Type": "application/json"}
	for _, x := range []tried{
		{"POST", "/callers", `{"config":` + draftConfig + `}`, nil, 200, ""},
		{"POST", "/callers", `{"config":` + withCallers + `}`, edit, 200, ""},
		{"POST", "/callers", "{}", edit, 403, "authorization_failed"},
		{"POST", "/callers", `{"config":{}}`, nil, 400, "invalid_config"},
		{"POST", "/doctor", "{}", nil, 200, ""},
	} {
		x.exchange(t, c, s)
	}
}

// keptVersions saves, and brings back what was there.
func keptVersions(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{})
	own, whatever := s.Fill(t, draftConfig), map[string]string{"If-Match": "*"}
	basis := map[string]string{"If-Match": s.Get(t, "/config").Header.Get("Etag")}
	tried{"GET", "/config/versions", "", nil, 200, ""}.exchange(t, c, s)
	tried{"PUT", "/config", own, whatever, 200, ""}.exchange(t, c, s)
	tried{"PUT", "/config?merge=true", s.Fill(t, manyContents), basis, 412, "invalid_request_parameters"}.exchange(t, c, s)
	var list struct{ Versions []struct{ ID string } }
	s.Get(t, "/config/versions").Decode(t, &list)
	if len(list.Versions) != 2 {
		t.Fatalf("versions = %v, want two", list)
	}
	first, other := "/config/versions/"+list.Versions[1].ID, "/config/versions/"+someID
	for _, x := range []tried{
		{"GET", "/config/versions", "", nil, 200, ""},
		{"GET", "/config/versions", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", first, "", nil, 200, ""},
		{"GET", first, "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", other, "", nil, 404, "invalid_request_parameters"},
		{"POST", other + "/restore", "{}", nil, 404, "invalid_request_parameters"},
		{"POST", first + "/restore", `{"pointer":"x"}`, nil, 400, "invalid_request_parameters"},
		{"POST", first + "/restore", `{"pointer":"/domain"}`, nil, 200, ""},
		{"POST", first + "/restore", `{"pointer":"/domain/x"}`, nil, 409, "invalid_request_parameters"},
		{"POST", first + "/restore", `{}`, nil, 200, ""},
	} {
		x.exchange(t, c, s)
	}
	last := "/config/versions/" + list.Versions[0].ID
	if err := os.Chmod(s.ConfigPath, 0o400); err != nil {
		t.Fatal(err)
	}
	tried{"POST", last + "/restore", "{}", nil, 409, "invalid_request_parameters"}.exchange(t, c, s)
	tried{"POST", last + "/restore", "{}", nil, 503, "invalid_request_parameters"}.exchange(t, c, checking(t))
	for _, x := range []struct {
		cause  error
		get    int // 0 for what Get never meets
		status int
		code   connector.Code
	}{
		{&config.MaskError{Reason: "has its API key at /from too"}, 409, 409, connector.InvalidRequest},
		{config.ErrChanged, 0, 412, connector.InvalidRequest},
		{&config.InvalidError{Problems: []config.Problem{{Pointer: "/domain", Detail: "is missing"}}}, 0, 400, connector.InvalidConfig},
		{errors.New("secret"), 500, 500, connector.Internal},
	} {
		server := httptest.NewServer(newHandler(t, func(cfg *httpapi.Config) { cfg.Versions = failingVersions{x.cause} }))
		s := &apptest.Service{URL: server.URL}
		tried{"POST", other + "/restore", "{}", nil, x.status, x.code}.exchange(t, c, s)
		if x.get > 0 {
			tried{"GET", other, "", nil, x.get, x.code}.exchange(t, c, s)
		}
		if x.get == 500 {
			tried{"GET", "/config/versions", "", nil, x.get, x.code}.exchange(t, c, s)
		}
		server.Close()
	}
}

// failingVersions fails whatever it is asked, with its error.
type failingVersions struct{ cause error }

func (f failingVersions) List() ([]configfile.Entry, error) { return nil, f.cause }
func (f failingVersions) Get(string) (*configfile.Version, []string, error) {
	return nil, nil, f.cause
}
func (f failingVersions) Restore(string, string, string) (*config.Config, error) { return nil, f.cause }
