package httpapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector/app/apptest"
)

// contract is the OpenAPI document, which answers are held against, and what was
// seen of it.
type contract struct {
	text string
	doc  map[string]any

	mu       sync.Mutex // a compiler is not for several goroutines
	compiler *jsonschema.Compiler
	seen     map[string]bool // those of promises
}

// operation is a method and a path of the document.
type operation struct{ method, path string }

func (o operation) String() string { return o.method + " " + o.path }

// pointer is the operation's place in the document, with further steps.
func (o operation) pointer(steps ...string) string {
	p := "/paths/" + step(o.path) + "/" + strings.ToLower(o.method)
	for _, s := range steps {
		p += "/" + step(s)
	}
	return p
}

// step writes a member name as a step of a JSON Pointer.
func step(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

const document = "openapi.json"

func loadContract(t *testing.T) *contract {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{text: string(text), compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	if err := yaml.Unmarshal(text, &c.doc); err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	asJSON, err := json.Marshal(c.doc)
	if err != nil {
		t.Fatalf("openapi.yaml is nothing that JSON can say: %v", err)
	}
	c.doc = nil // once more by way of JSON, for JSON's own types
	if err := json.Unmarshal(asJSON, &c.doc); err != nil {
		t.Fatal(err)
	}
	c.compiler.Draft = jsonschema.Draft2020
	c.compiler.AssertFormat = true
	if err := c.compiler.AddResource(document, bytes.NewReader(asJSON)); err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	return c
}

// schema compiles the schema at a pointer.
func (c *contract) schema(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.compiler.Compile(document + "#" + pointer)
	if err != nil {
		t.Fatalf("schema at %s: %v", pointer, err)
	}
	return s
}

// lookup gives what stands at a pointer, nil for nothing.
func (c *contract) lookup(pointer string) any {
	var node any = c.doc
	for _, s := range strings.Split(pointer, "/")[1:] {
		object, _ := node.(map[string]any)
		node = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(s)]
	}
	return node
}

// resolve follows the $ref at a pointer, if there is one; ok is false if nothing
// is there.
func (c *contract) resolve(pointer string) (at string, node map[string]any, ok bool) {
	node, ok = c.lookup(pointer).(map[string]any)
	if ref, isRef := node["$ref"].(string); isRef {
		return c.resolve(strings.TrimPrefix(ref, "#"))
	}
	return pointer, node, ok
}

func (c *contract) object(t *testing.T, pointer string) map[string]any {
	t.Helper()
	_, node, ok := c.resolve(pointer)
	if !ok {
		t.Fatalf("openapi.yaml has no object at %s", pointer)
	}
	return node
}

// walk calls visit for every object in the document.
func (c *contract) walk(pointer string, v any, visit func(pointer string, node map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(pointer, v)
		for name, child := range v {
			c.walk(pointer+"/"+step(name), child, visit)
		}
	case []any:
		for i, child := range v {
			c.walk(pointer+"/"+strconv.Itoa(i), child, visit)
		}
	}
}

func (c *contract) operations() []operation {
	var ops []operation
	paths, _ := c.doc["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods, _ := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			ops = append(ops, operation{strings.ToUpper(method), path})
		}
	}
	return ops
}

// isPublic reports whether an operation asks for no token.
func (c *contract) isPublic(op operation) bool {
	security, ok := c.lookup(op.pointer("security")).([]any)
	return ok && len(security) == 0
}

// promises lists what the document says may be answered: operation and status,
// with a problem's code, one line for each code.
func (c *contract) promises(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, op := range c.operations() {
		for status := range c.object(t, op.pointer("responses")) {
			at, _, _ := c.resolve(op.pointer("responses", status))
			_, code, isProblem := c.resolve(at + "/content/application~1problem+json/schema/properties/code")
			switch codes, _ := code["enum"].([]any); {
			case !isProblem:
				all = append(all, op.String()+" "+status)
			case codes == nil:
				all = append(all, op.String()+" "+status+" "+code["const"].(string))
			default:
				for _, code := range codes {
					all = append(all, op.String()+" "+status+" "+code.(string))
				}
			}
		}
	}
	return all
}

// answerTo gives the place of the response that a status has for an operation.
// Unknown paths and wrong methods are no operations of the document, but have a
// response there all the same.
func (c *contract) answerTo(op operation, status int) (at string, response map[string]any, ok bool) {
	switch status {
	case http.StatusNotFound:
		return c.resolve("/components/responses/NotFound")
	case http.StatusMethodNotAllowed:
		return c.resolve("/components/responses/MethodNotAllowed")
	}
	return c.resolve(op.pointer("responses", strconv.Itoa(status)))
}

// check holds an answer against the document: status, headers, content type and
// body. It gives the problem's code, if the answer is one.
func (c *contract) check(t *testing.T, op operation, a apptest.Answer) (code string) {
	t.Helper()
	at, response, ok := c.answerTo(op, a.Status)
	if !ok {
		t.Errorf("%s = %d, which is not documented; body %.300q", op, a.Status, a.Body)
		return ""
	}
	headers, _ := response["headers"].(map[string]any)
	for name := range headers {
		c.checkHeader(t, op, at+"/headers/"+step(name), name, a)
	}
	if content, _ := response["content"].(map[string]any); content != nil {
		code = c.checkBody(t, op, at, content, a)
	} else if len(a.Body) > 0 {
		t.Errorf("%s = %d with body %.300q, want none", op, a.Status, a.Body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[strings.TrimSpace(op.String()+" "+strconv.Itoa(a.Status)+" "+code)] = true
	return code
}

func (c *contract) checkHeader(t *testing.T, op operation, pointer, name string, a apptest.Answer) {
	t.Helper()
	at, header, _ := c.resolve(pointer)
	switch values := a.Header.Values(name); {
	case len(values) == 0 && header["required"] == true:
		t.Errorf("%s = %d without header %s", op, a.Status, name)
	case len(values) == 1:
		if err := c.schema(t, at+"/schema").Validate(values[0]); err != nil {
			t.Errorf("%s = %d, header %s %q: %v", op, a.Status, name, values[0], err)
		}
	case len(values) > 1:
		t.Errorf("%s = %d, header %s %q, want one", op, a.Status, name, values)
	}
}

// openMedia are the content types of documents with a schema of their own, which may
// have members that this document does not know.
var openMedia = []string{"application/yaml", "application/schema+json"}

func (c *contract) checkBody(t *testing.T, op operation, at string, content map[string]any, a apptest.Answer) (code string) {
	t.Helper()
	media, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if _, ok := content[media]; err != nil || !ok {
		t.Errorf("%s = %d with Content-Type %q, want one of %q", op, a.Status, a.Header.Get("Content-Type"), slices.Collect(maps.Keys(content)))
		return ""
	}
	body := decodeAs(t, media, a.Body)
	schema := c.schema(t, at+"/content/"+step(media)+"/schema")
	if err := schema.Validate(body); err != nil {
		t.Errorf("%s = %d with body %.300q: %#v", op, a.Status, a.Body, err)
	}
	object, isObject := body.(map[string]any)
	if isObject && !slices.Contains(openMedia, media) {
		object["undocumented"] = true
		if schema.Validate(object) == nil {
			t.Errorf("%s = %d: the document allows members that it does not name", op, a.Status)
		}
	}
	if media != "application/problem+json" {
		return ""
	}
	if object["requestId"] != a.Header.Get("X-Request-Id") {
		t.Errorf("%s = %d with requestId %v, want that of the header, %q", op, a.Status, object["requestId"], a.Header.Get("X-Request-Id"))
	}
	code, _ = object["code"].(string)
	return code
}

// decodeAs reads a body as its content type says; text is a string.
func decodeAs(t *testing.T, media string, body []byte) (v any) {
	t.Helper()
	var err error
	switch {
	case strings.HasSuffix(media, "json"):
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		err = dec.Decode(&v)
	case strings.HasSuffix(media, "yaml"):
		err = yaml.Unmarshal(body, &v)
	default:
		v = string(body)
	}
	if err != nil {
		t.Errorf("%s body %.300q: %v", media, body, err)
	}
	return v
}
