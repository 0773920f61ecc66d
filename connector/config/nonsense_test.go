package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// nonsense returns configs with as many problems as the number of members that each has,
// as they may come over the network.
func nonsense(n int) map[string]string {
	all := map[string]string{}
	for name, member := range map[string]string{
		"unknown members": `"k%d":{"a":1}`, "files": `"k%d":{"htmlFile":"x"}`, "html": `"k%d":{"html":"<b>{{code}}</b>"}`,
	} {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(member, i)
		}
		all[name] = `{"domain":"x.y","from":"a@b.c","deliveries":{` + strings.Join(members, ",") + `}}`
	}
	return all
}

func TestNonsense(t *testing.T) {
	t.Parallel()
	for name, text := range nonsense(200) {
		_, err := parse(text, "connector.json")
		got := problems(t, err)
		if name == "html" {
			if len(got) != 1 {
				t.Errorf("Parse() of 200 deliveries lists %q, want only that there is no key", got)
			}
			continue
		}
		if len(got) != 101 || got[100] != "further problems are not listed" {
			t.Errorf("Parse() of 200 %s lists %d problems, want a hundred and that there are more", name, len(got))
		}
	}
	for name, text := range nonsense(8000) {
		_, err := parse(text, "connector.json")
		if got := problems(t, err); len(got) != 1 || got[0] != "/deliveries: has more than 300 entries" {
			t.Errorf("Parse() of 8000 %s lists %q, want that they are too many", name, got)
		}
	}
}

// BenchmarkNonsense shows that refusing takes little more than reading, and nothing the
// square of it.
func BenchmarkNonsense(b *testing.B) {
	for _, n := range []int{300, 8000} {
		for name, text := range nonsense(n) {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(name, " ", "-"), n), func(b *testing.B) {
				for b.Loop() {
					if _, err := parse(text, "connector.json"); err == nil {
						b.Fatal("it was taken")
					}
				}
			})
		}
	}
}
