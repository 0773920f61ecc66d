package httpapi_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/schema"
)

// newHandler makes the API alone, with what change makes of its config: for the
// states that a whole service does not get into.
func newHandler(t *testing.T, change func(*httpapi.Config)) http.Handler {
	t.Helper()
	registry := prometheus.NewRegistry()
	cfg := httpapi.Config{
		Connector:   func() *connector.Connector { return nil },
		Ready:       func() bool { return true },
		MaxInFlight: 1,
		Logger:      slog.New(slog.DiscardHandler),
		Metrics:     httpapi.NewMetrics(registry),
		Gatherer:    registry,
	}
	if change != nil {
		change(&cfg)
	}
	h, err := httpapi.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return h
}

func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	router, ok := newHandler(t, nil).(interface{ Routes() []*echo.Route })
	if !ok {
		t.Fatal("the handler does not tell its routes")
	}
	var real []string
	for _, r := range router.Routes() {
		if r.Method != echo.RouteNotFound && r.Method != http.MethodHead { // a HEAD goes without saying
			real = append(real, r.Method+" "+strings.NewReplacer(":id", "{id}", ":name", "{name}", ":kind", "{kind}", "*", "{path}").Replace(r.Path))
		}
	}
	slices.Sort(real)
	var documented []string
	for _, op := range loadContract(t).operations() {
		documented = append(documented, op.String())
	}
	slices.Sort(documented)
	if diff := cmp.Diff(real, documented); diff != "" {
		t.Errorf("routes (-real +documented):\n%s", diff)
	}
}

func TestOpenAPISchemasCompile(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	for name := range c.object(t, "/components/schemas") {
		c.schema(t, "/components/schemas/"+name)
	}
	c.walk("", c.doc, func(pointer string, node map[string]any) {
		if ref, ok := node["$ref"].(string); ok && c.lookup(strings.TrimPrefix(ref, "#")) == nil {
			t.Errorf("%s: $ref %q leads nowhere", pointer, ref)
		}
		if _, ok := node["schema"].(map[string]any); ok {
			c.schema(t, pointer+"/schema")
		}
	})
}

func TestOpenAPIExamplesAreValid(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	tried := 0
	check := func(at, schema string, value any) {
		tried++
		if err := c.schema(t, schema).Validate(value); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	c.walk("", c.doc, func(pointer string, node map[string]any) {
		_, media := node["schema"]
		if example, ok := node["example"]; ok && media {
			check(pointer+"/example", pointer+"/schema", example)
		}
		if examples, ok := node["examples"].(map[string]any); ok && media {
			for name, example := range examples {
				check(pointer+"/examples/"+name, pointer+"/schema", example.(map[string]any)["value"])
			}
		}
		if examples, ok := node["examples"].([]any); ok && strings.HasPrefix(pointer, "/components/schemas/") {
			for i, example := range examples {
				check(fmt.Sprintf("%s/examples/%d", pointer, i), pointer, example)
			}
		}
	})
	if tried < 15 {
		t.Errorf("%d examples tried, want more: the walk misses some", tried)
	}
}

// Addresses of real domains must not end up in anybody's copied command line.
func TestOpenAPIExamplesUseExampleDomains(t *testing.T) {
	t.Parallel()
	for _, address := range regexp.MustCompile(`[\w.+-]+@[\w.-]+`).FindAllString(loadContract(t).text, -1) {
		_, domain, _ := strings.Cut(address, "@")
		if domain = strings.TrimSuffix(domain, "."); domain != "example.org" && domain != "mg.example.com" {
			t.Errorf("address %q, want one of example.org or mg.example.com", address)
		}
	}
}

func TestOpenAPIHasEveryMemberOfTheConfig(t *testing.T) {
	t.Parallel()
	var real []string
	for _, m := range schema.Members("") {
		real = append(real, m.Name)
	}
	slices.Sort(real)
	documented := slices.Sorted(maps.Keys(loadContract(t).object(t, "/components/schemas/ConnectorConfig/properties")))
	if diff := cmp.Diff(real, documented); diff != "" {
		t.Errorf("members (-real +documented):\n%s", diff)
	}
}

func TestOpenAPIHasEveryCode(t *testing.T) {
	t.Parallel()
	want := []any{
		string(connector.InvalidRequest), string(connector.InsufficientRequest), string(connector.TemplateNotFound),
		string(connector.InvalidConfig), string(connector.AuthorizationFailed), string(connector.RateLimitExceeded),
		string(connector.General), string(connector.Internal),
	}
	if diff := cmp.Diff(want, loadContract(t).object(t, "/components/schemas/Code")["enum"]); diff != "" {
		t.Errorf("codes (-real +documented):\n%s", diff)
	}
}
