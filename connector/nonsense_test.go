package connector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A config of 240 KB of nonsense may come over the network: to refuse it must not take
// much longer than to read it. The time is that of one alone, and far more than it
// takes, for a busy machine under the race detector.
func TestNonsenseIsRefusedFast(t *testing.T) {
	t.Parallel()
	const most = time.Minute
	const head = `{"domain":"x.y","from":"a@b.c","deliveries":{`
	for name, member := range map[string]string{
		"unknown members": `"k%d":{"a":1},`, "files": `"k%d":{"htmlFile":"x"},`,
	} {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < 240_000; i++ {
			fmt.Fprintf(&b, member, i)
		}
		b.WriteString(`"z":{}}}`)
		start := time.Now()
		_, err := parse(b.String(), "connector.json")
		if took := time.Since(start); err == nil || took > most {
			t.Errorf("ParseConfig(240 KB of %s) = %v after %s, want an error at once", name, err != nil, took)
		}
		if got := problems(t, err); len(got) != 101 || !strings.Contains(strings.Join(got, "\n"), "more problems are not listed") {
			t.Errorf("ParseConfig(240 KB of %s) lists %d problems, want a hundred and the rest in a word", name, len(got))
		}
	}
}
