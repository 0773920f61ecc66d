package httpapi_test

import (
	"os"
	"path/filepath"
	"testing"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
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
