package callers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// recording is what tests beside the replay need of a file of testdata.
type recording struct {
	Keys  json.RawMessage `json:"keys"`
	Cases []*recordedCase `json:"cases"`
}

type recordedCase struct {
	Name    string    `json:"name"`
	Now     time.Time `json:"now"`
	Request *struct {
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	} `json:"request"`
}

func readRecording(tb testing.TB, caller string) *recording {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", caller+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	r := &recording{}
	if err := json.Unmarshal(text, r); err != nil {
		tb.Fatal(err)
	}
	return r
}

// find returns the case of a name.
func (r *recording) find(tb testing.TB, name string) *recordedCase {
	tb.Helper()
	for _, c := range r.Cases {
		if c.Name == name {
			return c
		}
	}
	tb.Fatalf("there is no case %s", name)
	return nil
}
