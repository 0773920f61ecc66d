package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"mailgun-connector/schema"
)

// nonsense are configs that are wrong in thousands of places.
var nonsense = map[string]func(n int) string{
	"empty deliveries": func(n int) string { return `{"deliveries":{` + repeat(n, `"T%d":{}`) + `}}` },
	"wrong names":      func(n int) string { return `{"deliveries":{` + repeat(n, `"T %d":{"html":"h"}`) + `}}` },
	"empty templates":  func(n int) string { return `{"templates":[` + repeat(n, `{"id":%d}`) + `]}` },
	"unknown members":  func(n int) string { return `{` + repeat(n, `"m%d":1`) + `}` },
	"headers":          func(n int) string { return `{"options":{"headers":{` + repeat(n, `"a b%d":1`) + `}}}` },
	"tags":             func(n int) string { return `{"options":{"tags":[` + repeat(n, `%d`) + `]}}` },
}

func repeat(n int, format string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(all, ",")
}

func TestCheckSizes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"empty deliveries": "/deliveries has more than 300 entries",
		"wrong names":      "/deliveries has more than 300 entries",
		"empty templates":  "/templates has more than 3000 entries",
		"headers":          "/options/headers has more than 50 headers",
		"tags":             "/options/tags has more than the 10 tags that Mailgun takes",
		"unknown members":  "",
	} {
		var got []string
		schema.CheckSizes(decode(t, nonsense[name](5000)), func(pointer, detail string) bool {
			got = append(got, pointer+" "+detail)
			return true
		})
		if strings.Join(got, "") != want {
			t.Errorf("CheckSizes() of 5000 %s = %q, want %q", name, got, want)
		}
	}
}

// What is not wanted is not looked for.
func TestValidateEndsEarly(t *testing.T) {
	t.Parallel()
	for name, text := range nonsense {
		if got := validate(t, text(5000), 100); len(got) != 100 {
			t.Errorf("Validate() of 5000 %s reports %d problems, want the 100 that were wanted", name, len(got))
		}
	}
}

// A config that comes over the network must not take long to be refused.
func BenchmarkNonsense(b *testing.B) {
	for name, text := range nonsense {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			config := decode(b, text(12_000))
			for b.Loop() {
				n := 0
				report := func(string, string) bool { n++; return n < 100 }
				if schema.CheckSizes(config, report); n == 0 {
					schema.Validate(config, report)
				}
			}
		})
	}
}
