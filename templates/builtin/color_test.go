package builtin_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"mailgun-connector/templates/builtin"
)

// Colors as a page has them: class → property → #rrggbb.
type colors map[string]map[string]string

// property finds those that bring a color, a border's among others.
var property = regexp.MustCompile(`(?:^|[ ;])(color|background-color|border(?:-color)?): ?(?:1px solid )?(#[0-9a-f]{6})`)

func (c colors) add(classes, style string) {
	for class := range strings.FieldsSeq(classes) {
		if c[class] == nil {
			c[class] = map[string]string{}
		}
		for _, found := range property.FindAllStringSubmatch(style, -1) {
			c[class][strings.TrimSuffix(found[1], "-color")] = found[2]
		}
	}
}

// rules find the colors of a page's classes, light and dark and in Outlook's own dark mode.
var rules = map[string]*regexp.Regexp{
	"light":        regexp.MustCompile(`class="([^"]+)"[^>]* style="([^"]+)"`),
	"dark":         regexp.MustCompile(`(?m)^    \.([\w-]+) \{([^}]*)\}`),
	"dark Outlook": regexp.MustCompile(`\[data-ogs[bc]\] \.([\w-]+) \{([^}]*)\}`),
}

// pairs are what must be told apart, and how well: text from its ground by WCAG 2.2, 1.4.3
// (the code by 1.4.6), a button's edge from what is around it by 1.4.11.
var pairs = []struct {
	class, property, ground string
	ratio                   float64
}{
	{"ink", "color", "card", 4.5},
	{"dim", "color", "card", 4.5},
	{"faint", "color", "page", 4.5},
	{"brand", "color", "page", 4.5},
	{"digits", "color", "panel", 7},
	{"button", "color", "button", 4.5},
	{"button", "border", "card", 3},
}

func checkContrast(t *testing.T, color string) {
	t.Helper()
	mails, err := builtin.New(builtin.Brand{Name: "Acme", Color: color})
	if err != nil {
		t.Fatal(err)
	}
	source, _ := mails.Source("SignIn", "en")
	for scheme, rule := range rules {
		found := colors{}
		for _, match := range rule.FindAllStringSubmatch(source.HTML, -1) {
			found.add(match[1], match[2])
		}
		for _, p := range pairs {
			top, ground := found[p.class][p.property], found[p.ground]["background"]
			if got := contrast(t, top, ground); got < p.ratio {
				t.Errorf("brand %s, %s: %s of %s on %s = %q on %q, contrast %.2f, want at least %.1f",
					color, scheme, p.property, p.class, p.ground, top, ground, got, p.ratio)
			}
		}
	}
}

func TestContrast(t *testing.T) {
	t.Parallel()
	corners := "#000000 #ffffff #777777 #ff0000 #00ff00 #0000ff #ffff00 #00ffff #ff00ff"
	for _, color := range append(strings.Fields(corners), "") {
		checkContrast(t, color)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		checkContrast(t, fmt.Sprintf("#%06x", random.IntN(1<<24)))
	}
}

func TestButtonHasTheBrandsColor(t *testing.T) {
	t.Parallel()
	for _, color := range []string{"#0a6640", "#FFD400"} {
		mails, err := builtin.New(builtin.Brand{Name: "Acme", Color: color})
		if err != nil {
			t.Fatal(err)
		}
		source, _ := mails.Source("SignInLink", "en")
		want := `<td class="button" align="center" style="border-radius:10px; background-color:` + strings.ToLower(color)
		if !strings.Contains(source.HTML, want) {
			t.Errorf("no button of the color %s", color)
		}
	}
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
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
