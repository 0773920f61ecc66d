package templates_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mailgun-connector/templates"
)

func TestStarterHasEveryUsageTypeOnce(t *testing.T) {
	t.Parallel()
	var got []string
	for _, mail := range templates.Starter() {
		got = append(got, mail.UsageType)
	}
	want := []string{
		"SignIn", "Register", "ForgotPassword", "OrganizationInvitation", "Generic",
		"UserPermissionValidation", "BindNewIdentifier", "MfaVerification", "BindMfa",
	}
	if !slices.Equal(got, want) {
		t.Errorf("usage types = %q, want %q", got, want)
	}
}

var starterPlaceholder = regexp.MustCompile(`\{\{[^}]*\}\}|<<[^>]*>>`)

func TestStarterPlaceholders(t *testing.T) {
	t.Parallel()
	for _, mail := range templates.Starter() {
		t.Run(mail.UsageType, func(t *testing.T) {
			t.Parallel()
			allowed := []string{"{{code}}"}
			if mail.UsageType == "OrganizationInvitation" {
				allowed = []string{"{{link}}", "{{organization.name}}"}
			} else if !strings.HasPrefix(mail.Subject, "{{code}} is your ") || !strings.HasSuffix(mail.Subject, " code") {
				t.Errorf("subject = %q, want the word code beside {{code}}", mail.Subject)
			}
			for _, name := range starterPlaceholder.FindAllString(mail.Subject+mail.HTML, -1) {
				if !slices.Contains(allowed, name) {
					t.Errorf("uses %s, want only %q", name, allowed)
				}
			}
			// Whoever selects the element copies the code or the link and nothing else.
			if !strings.Contains(mail.HTML, ">"+allowed[0]+"</") {
				t.Errorf("%s does not stand alone in an element", allowed[0])
			}
			if i := strings.Index(mail.Subject+mail.HTML, "[["); i >= 0 {
				t.Errorf("a marker is left: %.20q", (mail.Subject + mail.HTML)[i:])
			}
		})
	}
}

func TestStarterPages(t *testing.T) {
	t.Parallel()
	const limit = 20 << 10 // far below the 102 KB at which mail programs clip
	for _, mail := range templates.Starter() {
		t.Run(mail.UsageType, func(t *testing.T) {
			t.Parallel()
			if len(mail.HTML) > limit {
				t.Errorf("%d bytes, want at most %d", len(mail.HTML), limit)
			}
			for _, want := range []string{
				`<html lang="en"`, `<meta charset="utf-8">`, `<meta name="color-scheme" content="light dark">`,
				`<meta name="supported-color-schemes"`, `(prefers-color-scheme: dark)`, `[data-ogsc]`, `<!--[if mso]>`, `<h1 `,
			} {
				if !strings.Contains(mail.HTML, want) {
					t.Errorf("lacks %s", want)
				}
			}
			if !regexp.MustCompile(`<title>[^<]+</title>`).MatchString(mail.HTML) {
				t.Error("lacks a title")
			}
			for _, unwanted := range []string{"<img", "<script", "<link", "@import", "url(", "src=", "http://", "https://"} {
				if strings.Contains(mail.HTML, unwanted) {
					t.Errorf("contains %s", unwanted)
				}
			}
			if tables, quiet := strings.Count(mail.HTML, "<table "), strings.Count(mail.HTML, `<table role="presentation"`); tables != quiet {
				t.Errorf("%d of %d tables are read out as tables", tables-quiet, tables)
			}
			if words := starterVisible(mail.HTML); regexp.MustCompile(`[0-9]`).MatchString(words) {
				t.Errorf("digits that are no code could be filled in as one: %q", words)
			}
		})
	}
}

// starterVisible returns what a reader sees of a page, and the hidden first line.
func starterVisible(page string) string {
	_, body, _ := strings.Cut(page, "</head>")
	words := regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`).ReplaceAllString(body, " ")
	return strings.Join(strings.Fields(words), " ")
}

func TestStarterCodeIsLarge(t *testing.T) {
	t.Parallel()
	size := regexp.MustCompile(`digits[^<}]*?font-size: ?(\d+)px`)
	for _, mail := range templates.Starter() {
		for _, found := range size.FindAllStringSubmatch(mail.HTML, -1) {
			if px, err := strconv.Atoi(found[1]); err != nil || px < 32 {
				t.Errorf("%s: code in %s px, want at least 32", mail.UsageType, found[1])
			}
		}
		if n := len(size.FindAllString(mail.HTML, -1)); n == 0 {
			t.Errorf("%s: no size of the code found", mail.UsageType)
		}
	}
}

// Colors as they are written: class → property → #rrggbb.
type starterColors map[string]map[string]string

var starterColor = regexp.MustCompile(`(?:^|[ ;])(color|background-color): ?(#[0-9a-f]{6})`)

func (c starterColors) add(classes, style string) {
	for class := range strings.FieldsSeq(classes) {
		if c[class] == nil {
			c[class] = map[string]string{}
		}
		for _, found := range starterColor.FindAllStringSubmatch(style, -1) {
			c[class][found[1]] = found[2]
		}
	}
}

func TestStarterContrast(t *testing.T) {
	t.Parallel()
	const enough = 4.5 // WCAG 2.2, AA
	pairs := []struct{ text, ground string }{
		{"ink", "card"}, {"dim", "card"}, {"dim", "notes"}, {"faint", "page"},
		{"digits", "panel"}, {"button", "button"},
	}
	schemes := map[string]*regexp.Regexp{
		"light":        regexp.MustCompile(`class="([^"]+)"[^>]* style="([^"]+)"`),
		"dark":         regexp.MustCompile(`(?m)^    \.(\w+) \{([^}]*)\}`),
		"dark Outlook": regexp.MustCompile(`\[data-ogs[bc]\] \.(\w+) \{([^}]*)\}`),
	}
	var pages strings.Builder
	for _, mail := range templates.Starter() {
		pages.WriteString(mail.HTML)
	}
	for scheme, rules := range schemes {
		colors := starterColors{}
		for _, rule := range rules.FindAllStringSubmatch(pages.String(), -1) {
			colors.add(rule[1], rule[2])
		}
		for _, pair := range pairs {
			text, ground := colors[pair.text]["color"], colors[pair.ground]["background-color"]
			if got := starterContrast(t, text, ground); got < enough {
				t.Errorf("%s: %s on %s = %q on %q, contrast %.2f, want at least %.1f",
					scheme, pair.text, pair.ground, text, ground, got, enough)
			}
		}
	}
}

// starterContrast is the contrast ratio of WCAG: 1 for equal colors, 21 for black and white.
func starterContrast(t *testing.T, a, b string) float64 {
	x, y := starterLuminance(t, a), starterLuminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func starterLuminance(t *testing.T, color string) float64 {
	t.Helper()
	var rgb [3]uint8
	if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatalf("reading color %q: %v", color, err)
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		share := float64(rgb[i]) / 255
		if share <= 0.04045 {
			share /= 12.92
		} else {
			share = math.Pow((share+0.055)/1.055, 2.4)
		}
		sum += weight * share
	}
	return sum
}
