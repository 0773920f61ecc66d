//go:build mailcheck

package builtin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	nethtml "golang.org/x/net/html"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

// TestHTMLCheck asks Mailpit how much of each mail the mail programs support, by the
// tables of caniemail.com. `make mail-check` installs that and names its path in MAILPIT.
// One mail at a time: checks beside each other crash it (concurrent map writes in 1.33.1).
func TestHTMLCheck(t *testing.T) {
	t.Parallel()
	const limit = 2.2 // percent
	pit := startMailpit(t)
	var worst score
	mails, known := 0, map[string]bool{}
	for _, language := range builtin.Languages() {
		for name, html := range pages(t, language) {
			mails++
			kind := skeleton(html)
			if known[kind] {
				continue
			}
			known[kind] = true
			got := pit.check(t, language+"/"+name, html)
			if got.Unsupported > worst.Unsupported {
				worst = got
			}
			if got.Unsupported > limit {
				t.Errorf("%s: %.2f %% unsupported, want at most %.1f %%", got.name, got.Unsupported, limit)
			}
		}
	}
	t.Logf("%d mails of %d kinds; the worst, %s: %.2f %% unsupported, %.2f %% partly",
		mails, len(known), worst.name, worst.Unsupported, worst.Partial)
}

// wordy are attributes whose values are words and addresses.
var wordy = []string{"alt", "aria-label", "href", "lang", "src"}

// skeleton is a page without its words: what the score depends on. Hundreds of mails have
// the same.
func skeleton(page string) string {
	var b strings.Builder
	inStyle := false
	for z := nethtml.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case nethtml.ErrorToken:
			return b.String()
		case nethtml.TextToken:
			if inStyle {
				b.Write(z.Text())
			}
		default:
			token := z.Token()
			inStyle = token.Type == nethtml.StartTagToken && token.Data == "style"
			for i := range token.Attr {
				if slices.Contains(wordy, token.Attr[i].Key) {
					token.Attr[i].Val = ""
				}
			}
			b.WriteString(token.String())
		}
	}
}

// pages are the mails of a language, of brands with a name alone and with everything, as
// they are built in and as init writes them into files.
func pages(t *testing.T, language string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, brandName := range []string{"everything", "only a name"} {
		brand := brands[brandName]
		mails, err := builtin.New(brand)
		if err != nil {
			t.Fatal(err)
		}
		for _, usageType := range builtin.Types() {
			mail, _ := mails.Mail(usageType.Name, language)
			v := variant{
				language: language, Type: usageType, code: usageType.Kind != builtin.Link,
				link: usageType.Kind != builtin.Code, brand: brand, context: contexts["names"],
			}
			all[usageType.Name+", "+brandName] = render(t, mail, v.payload()).html
			all[usageType.Name+", "+brandName+", in a file"] = renderFile(t, mails, v)
		}
	}
	return all
}

func renderFile(t *testing.T, mails *builtin.Mails, v variant) string {
	t.Helper()
	source, _ := mails.Source(v.Name, v.language)
	page, err := templates.Parse(strings.Replace(mails.Layout(), "{{{content}}}", source.Content, 1), templates.HTML)
	if err != nil {
		t.Fatal(err)
	}
	payload := v.payload()
	payload["language"], payload["direction"] = v.language, map[bool]string{true: "rtl", false: "ltr"}[v.language == "ar"]
	return render(t, &builtin.Mail{HTML: page}, payload).html
}

// score is Mailpit's, in percent.
type score struct {
	name                            string
	Supported, Partial, Unsupported float64
}

// mailpit is the address of its API.
type mailpit string

func startMailpit(t *testing.T) mailpit {
	t.Helper()
	var free []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		free = append(free, l.Addr().String())
		l.Close()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, os.Getenv("MAILPIT"), "--listen", free[0], "--smtp", free[1],
		"--quiet", "--max", "0", "--disable-version-check", "--database", t.TempDir()+"/mails.db")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting Mailpit (MAILPIT=%q): %v", os.Getenv("MAILPIT"), err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	pit := mailpit("http://" + free[0])
	deadline := time.Now().Add(30 * time.Second)
	for pause := time.NewTicker(50 * time.Millisecond); ; <-pause.C {
		resp, err := http.Get(string(pit) + "/readyz")
		if err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
			return pit
		}
		if time.Now().After(deadline) {
			t.Fatalf("Mailpit does not become ready: %v\n%s", err, &out)
		}
	}
}

func (pit mailpit) check(t *testing.T, name, html string) score {
	t.Helper()
	type mailbox struct{ Email string }
	mail, err := json.Marshal(map[string]any{
		"From": mailbox{"a@example.org"}, "To": []mailbox{{"b@example.org"}}, "Subject": name, "HTML": html,
	})
	if err != nil {
		t.Fatal(err)
	}
	var sent struct{ ID string }
	resp, err := http.Post(string(pit)+"/api/v1/send", "application/json", bytes.NewReader(mail))
	decode(t, resp, err, &sent)
	var result struct {
		Total score
		Error string
	}
	resp, err = http.Get(fmt.Sprintf("%s/api/v1/message/%s/html-check", pit, sent.ID))
	decode(t, resp, err, &result)
	if result.Total.Supported == 0 {
		t.Fatalf("%s: Mailpit has no score: %+v", name, result)
	}
	result.Total.name = name
	return result.Total
}

func decode(t *testing.T, resp *http.Response, err error, into any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("Mailpit answers %s %s, %v", resp.Status, body, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("Mailpit answers %s: %v", body, err)
	}
}
