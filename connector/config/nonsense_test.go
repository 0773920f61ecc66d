package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// nonsense are configs of 240 KB with as many problems as fit, as they may come over
// the network.
func nonsense() map[string]string {
	all := map[string]string{}
	for name, member := range map[string]string{"unknown members": `"k%d":{"a":1},`, "files": `"k%d":{"htmlFile":"x"},`} {
		var b strings.Builder
		b.WriteString(`{"domain":"x.y","from":"a@b.c","deliveries":{`)
		for i := 0; b.Len() < 240_000; i++ {
			fmt.Fprintf(&b, member, i)
		}
		b.WriteString(`"z":{}}}`)
		all[name] = b.String()
	}
	return all
}

func TestNonsense(t *testing.T) {
	t.Parallel()
	for name, text := range nonsense() {
		_, err := parse(text, "connector.json")
		if got := problems(t, err); len(got) != 101 || !strings.Contains(strings.Join(got, "\n"), "more problems are not listed") {
			t.Errorf("Parse(240 KB of %s) lists %d problems, want a hundred and the rest in a word", name, len(got))
		}
	}
}

// BenchmarkNonsense shows that refusing takes some multiple of reading, and not the
// square of it.
func BenchmarkNonsense(b *testing.B) {
	for name, text := range nonsense() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := parse(text, "connector.json"); err == nil {
					b.Fatal("it was taken")
				}
			}
		})
	}
}
