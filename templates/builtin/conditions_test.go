package builtin_test

import "strings"

// decide carries out the conditions in a source, whose innermost ones come last.
func decide(source string, payload map[string]any) string {
	for {
		start := strings.LastIndex(source, "{{#if ")
		if start < 0 {
			return source
		}
		path, rest, _ := strings.Cut(source[start+len("{{#if "):], "}}")
		body, after, _ := strings.Cut(rest, "{{/if}}")
		chosen, other, _ := strings.Cut(body, "{{else}}")
		var value any = payload
		for step := range strings.SplitSeq(path, ".") {
			node, _ := value.(map[string]any)
			value = node[step]
		}
		if value == nil || value == "" {
			chosen = other
		}
		source = source[:start] + chosen + after
	}
}
