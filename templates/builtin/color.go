package builtin

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// rgb is a color of sRGB.
type rgb [3]uint8

var (
	black = rgb{0, 0, 0}
	white = rgb{255, 255, 255}
)

// defaultColor is the accent of a brand without a color.
const defaultColor = "#2f55d4"

// parseColor reads #rrggbb.
func parseColor(text string) (rgb, error) {
	digits, ok := strings.CutPrefix(text, "#")
	channels, err := hex.DecodeString(digits)
	if !ok || err != nil || len(channels) != len(rgb{}) {
		return rgb{}, fmt.Errorf("color %q is not of the form #rrggbb", text)
	}
	return rgb(channels), nil
}

// String writes a color as #rrggbb.
func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// mix is c with a share of another color, from 0 to 1.
func (c rgb) mix(other rgb, share float64) rgb {
	for i := range c {
		c[i] = uint8(math.Round(float64(c[i])*(1-share) + float64(other[i])*share))
	}
	return c
}

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel := float64(c[i]) / 255
		if channel <= 0.04045 {
			channel /= 12.92
		} else {
			channel = math.Pow((channel+0.055)/1.055, 2.4)
		}
		sum += weight * channel
	}
	return sum
}

// contrast is the contrast ratio of WCAG 2.2: 1 for equal colors, 21 for black and white.
func (c rgb) contrast(other rgb) float64 {
	x, y := c.luminance(), other.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// toward mixes just as much of another color into c as gives it a contrast of at least
// ratio to each of grounds; if none does, it returns the other color.
func (c rgb) toward(other rgb, ratio float64, grounds ...rgb) rgb {
	const steps = 64
next:
	for i := range steps {
		mixed := c.mix(other, float64(i)/steps)
		for _, ground := range grounds {
			if mixed.contrast(ground) < ratio {
				continue next
			}
		}
		return mixed
	}
	return other
}

// legibleOn is the color of text on a ground: white where it is legible, else black, which
// is then legible (a color with a contrast below 4.5 to white has at least 4.66 to black).
func legibleOn(ground rgb) rgb {
	if white.contrast(ground) >= legible {
		return white
	}
	return black
}

// What WCAG 2.2 asks for: of text (1.4.3, AA; 1.4.6, AAA) and of a button (1.4.11).
const (
	legible    = 4.5
	clear      = 7
	noticeable = 3
)

// scheme is the colors of a mail on a light or a dark screen. Those of text are named by
// what they color, the others by what they fill.
type scheme struct {
	Page, Card, Line           rgb // grounds, and the lines between them
	Ink, Dim, Faint            rgb // text on card, less of it, on page
	Accent                     rgb // text and bars on any of the grounds
	Panel, PanelLine, Digits   rgb // of the code
	Button, ButtonLine, Action rgb // of the button: ground, border, text
}

// schemes derives the colors of a mail from a brand's color. Grays and the contrast of
// everything are fixed: the brand decides the hue.
func schemes(brand rgb) (light, dark scheme) {
	light = scheme{
		Page: rgb{0xf3, 0xf5, 0xf8}, Card: white, Line: rgb{0xdf, 0xe3, 0xea},
		Ink: rgb{0x14, 0x18, 0x1f}, Dim: rgb{0x50, 0x59, 0x66}, Faint: rgb{0x5f, 0x68, 0x75},
		Button: brand,
	}
	light.tint(brand, black, 0.08)
	dark = scheme{
		Page: rgb{0x0e, 0x10, 0x14}, Card: rgb{0x18, 0x1b, 0x21}, Line: rgb{0x2b, 0x30, 0x3a},
		Ink: rgb{0xf3, 0xf5, 0xf8}, Dim: rgb{0xb0, 0xb7, 0xc3}, Faint: rgb{0x94, 0x9c, 0xa9},
	}
	dark.Button = brand.toward(white, noticeable, dark.Card)
	dark.tint(brand, white, 0.16)
	return light, dark
}

// tint sets the colors that come from the brand, which contrast is the way away from the
// grounds.
func (s *scheme) tint(brand, contrast rgb, share float64) {
	s.Panel = s.Card.mix(brand, share)
	s.PanelLine = s.Card.mix(brand, 2.5*share)
	s.Digits = brand.toward(contrast, clear, s.Panel)
	s.Accent = brand.toward(contrast, legible, s.Page, s.Card, s.Panel)
	s.ButtonLine = s.Accent
	s.Action = legibleOn(s.Button)
}
