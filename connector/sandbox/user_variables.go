package sandbox

import (
	"cmp"
	"encoding/json"
	"strings"
)

// userVariables returns the v: fields, overlaid with h:X-Mailgun-Variables, all
// as strings; without any, the empty array that Mailgun then sends. The
// variables of t:variables are not among them, which matters: a code must not
// come back in events.
func userVariables(f form) any {
	all := map[string]string{}
	for name, values := range f {
		if key, ok := strings.CutPrefix(name, "v:"); ok && len(values) > 0 {
			all[key] = values[0]
		}
	}
	var object map[string]json.RawMessage
	_ = json.Unmarshal([]byte(cmp.Or(f.header("X-Mailgun-Variables"), "{}")), &object)
	for key, raw := range object {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		all[key] = text
	}
	if len(all) == 0 {
		return []string{}
	}
	return all
}
