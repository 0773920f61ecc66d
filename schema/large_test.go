package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"mailgun-connector/schema"
)

// A long config of nonsense must not cost more than reading it: it may come over the
// network.
func TestValidateNonsense(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 14_000 {
		fmt.Fprintf(&b, `"k%d":{"a":1},`, i)
	}
	var config any
	if err := json.Unmarshal([]byte(`{"deliveries":{`+b.String()+`"z":{}}}`), &config); err != nil {
		t.Fatal(err)
	}
	if got := len(schema.Validate(config)); got < 500 || got > 1000 {
		t.Errorf("Validate() gives %d problems, want a bounded number", got)
	}
}
