package templates

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// lookup follows path into v; what is not there is nil.
func lookup(v any, path []string) any {
	for _, key := range path {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// stringify returns strings as they are, null as nothing, and anything else as
// the JSON that it came from.
func stringify(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // escaping is the template's task, and done once
	if err := enc.Encode(v); err != nil {
		return "" // nothing that came from JSON fails to become JSON again
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// headerValue trims white space around s and drops invisible characters, and
// reports whether what remains may stand in a header line: a line break would
// start a header of the value's own choice (RFC 5322, section 2.2).
func headerValue(s string) (value string, safe bool) {
	s = strings.TrimSpace(s)
	if strings.ContainsFunc(s, IsInvisible) {
		s = strings.TrimSpace(strings.Map(func(r rune) rune {
			if IsInvisible(r) {
				return -1
			}
			return r
		}, s))
	}
	return s, !strings.ContainsFunc(s, breaksLine)
}

func breaksLine(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
}

// IsInvisible reports whether nobody sees r, while it changes what a header says:
// bidirectional overrides and isolates (Unicode Standard Annex 9), and characters of
// no width. Joiners are none (Persian and emoji need them), nor are the marks U+200E
// and U+200F.
func IsInvisible(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u200b' || r == '\u2060' || r == '\ufeff'
}
