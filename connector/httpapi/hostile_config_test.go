package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

// hostileKey is an API key in a bad config: no answer may repeat it.
const hostileKey = "key-hostile-5f0c6a1b"

// badConfigs are members laid over a good config. What they ask for would send
// the running API key elsewhere, read files, or write headers of their own.
var badConfigs = map[string]string{
	"another host":             `{"endpoint":"https://evil.example"}`,
	"Mailgun in the path":      `{"endpoint":"https://evil.example/api.mailgun.net"}`,
	"Mailgun in the query":     `{"endpoint":"https://evil.example?.mailgun.net"}`,
	"Mailgun in the fragment":  `{"endpoint":"https://evil.example#.mailgun.net"}`,
	"Mailgun as user":          `{"endpoint":"https://api.mailgun.net@evil.example"}`,
	"Mailgun as user and port": `{"endpoint":"https://api.mailgun.net:443@evil.example"}`,
	"Mailgun as subdomain":     `{"endpoint":"https://api.mailgun.net.evil.example"}`,
	"Mailgun without a dot":    `{"endpoint":"https://evilmailgun.net"}`,
	"backslash":                `{"endpoint":"https://evil.example\\.mailgun.net"}`,
	"in the clear":             `{"endpoint":"http://api.mailgun.net"}`,
	"another port here":        `{"endpoint":"http://127.0.0.1:1"}`,
	"metadata service":         `{"endpoint":"http://169.254.169.254"}`,
	"file":                     `{"endpoint":"file:///etc/passwd"}`,
	"endpoint of wrong type":   `{"endpoint":["https://api.mailgun.net"]}`,
	"domain with a path":       `{"domain":"mg.example.com/../../x"}`,
	"domain with a query":      `{"domain":"mg.example.com?x=1"}`,
	"domain with a line break": `{"domain":"mg.example.com\r\nX: y"}`,
	"key with a line break":    `{"apiKey":"` + hostileKey + `\r\nX: y"}`,
	"key of wrong type":        `{"apiKey":["` + hostileKey + `"]}`,
	"key elsewhere":            `{"api_key":"` + hostileKey + `"}`,
	"two senders":              `{"from":"a@mg.example.com, evil@example.net"}`,
	"sender with a line break": `{"from":"a@mg.example.com\r\nBcc: evil@example.net"}`,
	"html of a file":           `{"deliveries":{"Generic":{"htmlFile":"/etc/passwd"}}}`,
	"text of a file":           `{"deliveries":{"Generic":{"html":"{{code}}","textFile":"../../../etc/passwd"}}}`,
	"content of a file":        `{"templates":[{"languageTag":"en","templateType":"T","details":{"subject":"s","contentFile":"/etc/passwd"}}]}`,
	"a template's text file":   `{"templates":[{"languageTag":"en","templateType":"T","details":{"subject":"s","content":"{{code}}","textFile":"/etc/passwd"}}]}`,
	"layout of a file":         `{"layout":"/etc/passwd"}`,
	"layout of another folder": `{"layout":"../../../etc/passwd"}`,
	"layout without a place":   `{"layout":"<p>{{content}}</p>"}`,
	"layout of wrong type":     `{"layout":{"file":"/etc/passwd"}}`,
	"autofill with a break":    `{"brand":{"name":"Acme","autofillDomain":"acme.example\r\nBcc: evil@example.net"}}`,
	"subject with line break":  `{"deliveries":{"Generic":{"html":"{{code}}","subject":"s\r\nBcc: evil@example.net"}}}`,
	"reply-to with line break": `{"deliveries":{"Generic":{"html":"{{code}}","replyTo":"a@example.org\nBcc: evil@example.net"}}}`,
	"header Bcc":               `{"options":{"headers":{"bcC":"evil@example.net"}}}`,
	"header with a line break": `{"options":{"headers":{"X-A":"a\r\nBcc: evil@example.net"}}}`,
	"header name with a break": `{"options":{"headers":{"X-A\r\nBcc":"evil@example.net"}}}`,
	"header name with a colon": `{"options":{"headers":{"Bcc: evil@example.net, X":"x"}}}`,
	"usage type with a slash":  `{"deliveries":{"../Generic":{"html":"{{code}}"}}}`,
	"unknown member":           `{"__proto__":{"x":1}}`,
	"deliveries as a list":     `{"deliveries":[{"html":"{{code}}"}]}`,
	"no number":                `"x"`,
	"array":                    `[]`,
}

func TestHostileConfigs(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for name, change := range badConfigs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := laidOver(t, s.Fill(t, draftConfigOK), change)
			for path, body := range map[string]string{
				"/config/validate": config,
				"/test":            `{"email":"victim@example.org","config":` + config + `}`,
				"/preview":         `{"type":"SignIn","config":` + config + `}`,
			} {
				a := s.Post(t, path, body)
				checkRefusal(t, path+" with "+name, a, refusal{http.StatusBadRequest, connector.InvalidConfig},
					hostileKey, "root:", "victim@example.org")
			}
			checkAlive(t, s)
		})
	}
}

// draftConfigOK is good, and what badConfigs are laid over.
const draftConfigOK = `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"Generic":{"html":"<p>{{code}}</p>"}}}`

// laidOver gives the config with the members of change; a change that is no
// object takes its place.
func laidOver(t *testing.T, config, change string) string {
	t.Helper()
	var members, changes map[string]json.RawMessage
	if err := json.Unmarshal([]byte(config), &members); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal([]byte(change), &changes) != nil {
		return change
	}
	maps.Copy(members, changes)
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A config that is small to send must not be large to read.
func TestHostileConfigsAreRefused(t *testing.T) { //nolint:tparallel // the service checks few configs at a time
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	long := strings.Repeat("x", 50_000)
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		before := string(n[0] - 1)
		bomb.WriteString("a" + n + ": &a" + n + " [" + strings.Repeat("*a"+before+" ,", 9) + "*a" + before + " ]\n")
	}
	for name, config := range map[string]string{
		"aliases of aliases":       bomb.String(),
		"alias within itself":      "a: &a [*a ]\n",
		"aliases under long names": "a: &a\n  ? " + long + "\n  : 1\nb: [" + strings.Repeat("*a ,", 10_000) + "1]\n",
		"deep YAML":                "a: " + strings.Repeat("[", 100_000),
		"deep YAML, closed":        "a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"deep YAML by indentation": deepYAML(600),
		"deep JSON":                `{"a":` + strings.Repeat("[", 100_000),
		"merge keys":               "a: &a {x: 1}\nb:\n  <<: *a\n",
		"tags":                     "domain: !!binary aGk=\nfrom: !!python/object:os.system [x]\n",
	} {
		t.Run(name, func(t *testing.T) {
			a := s.Do(t, http.MethodPost, "/config/validate", config, map[string]string{
				"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/yaml"})
			checkRefusal(t, name, a, refusal{http.StatusBadRequest, connector.InvalidConfig})
			checkAlive(t, s)
		})
	}
}

func deepYAML(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// The usage types of a config that is only tried must not become metric labels.
func TestTriedConfigsNameNoMetrics(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	config := s.Fill(t, `{"domain":"`+apptest.Domain+`","from":"a@`+apptest.Domain+`","deliveries":{"Made.Up":{"html":"{{code}}"}}}`)
	if a := s.Post(t, "/test", `{"email":"ada@example.org","type":"Made.Up","config":`+config+`}`); a.Status != http.StatusNoContent {
		t.Fatalf("Post(/test) = %d %s, want 204", a.Status, a.Body)
	}
	if metrics := string(s.Get(t, "/metrics").Body); strings.Contains(metrics, "Made.Up") || !strings.Contains(metrics, `type="other"`) {
		t.Error("metrics name a usage type that the config does not have")
	}
}
