package console_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
)

// The page says in Japanese what the service says in English, by reasons and codes: none is
// missing there, and none is left over. The tables have one a line.
func TestJapaneseWords(t *testing.T) {
	t.Parallel()
	hole := regexp.MustCompile(`\{\w+\}`)
	names := func(words connector.Words) []string {
		all := hole.FindAllString(words.What+words.Hint, -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	reasons, callReasons, findings := map[string][]string{}, map[string][]string{}, map[string][]string{}
	setups := map[string][]string{}
	for kind, setup := range callers.Setups() {
		setups[kind] = names(connector.Words{What: setup})
	}
	for _, reason := range connector.Reasons() {
		reasons[string(reason)] = names(reason.Words())
	}
	for _, reason := range connector.CallReasons() {
		callReasons[string(reason)] = names(reason.Words())
	}
	for _, code := range connector.FindingCodes() {
		findings[string(code)] = names(code.Words())
	}
	for file, want := range map[string]map[string][]string{
		"reasons.js": reasons, "callreasons.js": callReasons, "findings.js": findings,
		"callersetups.js": setups,
	} {
		text, err := os.ReadFile("ui/src/words/" + file)
		if err != nil {
			t.Fatal(err)
		}
		// texts that several share are written out, and those that have others in them
		shared := regexp.MustCompile("(?m)^const (\\w+) = ['`](.*)['`];$")
		for range 2 {
			for _, s := range shared.FindAllSubmatch(text, -1) {
				used := regexp.MustCompile(`(?m)\$\{` + string(s[1]) + `\}|\b` + string(s[1]) + `\],$`)
				text = used.ReplaceAllLiteral(text, s[2])
			}
		}
		got := map[string][]string{}
		for _, line := range regexp.MustCompile(`(?m)^  (\w+): (.+)$`).FindAllSubmatch(text, -1) {
			got[string(line[1])] = names(connector.Words{What: string(line[2])})
		}
		if file == "reasons.js" {
			checkCauses(t, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s has other words or values than the service (-service +page):\n%s", file, diff)
		}
	}
}

// checkCauses finds whether the page has the cause by itself of each reason that says more.
func checkCauses(t *testing.T, text []byte) {
	t.Helper()
	var want, got []string
	for _, reason := range connector.Reasons() {
		if reason.Words().What != reason.Cause()+"." {
			want = append(want, string(reason))
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^  (\w+): '[^']+',$`).FindAllSubmatch(text, -1) {
		got = append(got, string(line[1]))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("causes (-service +page):\n%s", diff)
	}
}
