package deliveries

import (
	"errors"
	"fmt"

	"mailgun-connector/templates"
)

// Mistake is a place in a content that does not do what it looks like.
type Mistake struct {
	Member             string // of the delivery or of the details, such as "subject"; "" of a layout
	templates.Position        // zero for what is missing
	Problem            string
	// Harmless tells that the content can be sent nevertheless: the place is sent
	// as it stands.
	Harmless bool
}

// Mistakes returns the conditions and comments of a delivery that can't be
// compiled, and what belongs to other template languages.
func (d Delivery) Mistakes() []Mistake {
	var c compiler
	d.templates(&c)
	return c.mistakes
}

// Mistakes returns the conditions and comments of the details that can't be
// compiled, and what belongs to other template languages.
func (l Localized) Mistakes() []Mistake {
	var c compiler
	l.templates(&c)
	return c.mistakes
}

// ParseLayout compiles a layout, nil where it can't be. The mistakes are what keeps it from
// that, and what belongs to other template languages.
func ParseLayout(text string) (*templates.Layout, []Mistake) {
	var c compiler
	layout, err := templates.ParseLayout(text)
	c.add("", err, layout.Foreign())
	return layout, c.mistakes
}

// maxMistakes bounds the mistakes of each kind that are told of one text: nobody
// reads more.
const maxMistakes = 100

// compiler compiles the texts of a content and keeps what is wrong with them.
type compiler struct{ mistakes []Mistake }

func (c *compiler) parse(member, text string, kind templates.Kind) *templates.Template {
	t, err := templates.Parse(text, kind)
	c.add(member, err, t.Foreign())
	return t
}

func (c *compiler) add(member string, err error, foreign []templates.Foreign) {
	if errs, ok := errors.AsType[templates.SyntaxErrors](err); ok {
		for _, e := range errs[:min(len(errs), maxMistakes)] {
			c.mistakes = append(c.mistakes, Mistake{Member: member, Position: e.Position, Problem: e.Problem})
		}
	}
	for _, f := range foreign[:min(len(foreign), maxMistakes)] {
		c.mistakes = append(c.mistakes, Mistake{
			Member: member, Position: f.Position, Harmless: true,
			Problem: f.Text + " is not a placeholder and is sent as it stands: " +
				"write {{path}} for a value, {{#if path}} … {{/if}} for a condition",
		})
	}
}

// err is the first mistake that is not harmless.
func (c *compiler) err() error {
	for _, m := range c.mistakes {
		if !m.Harmless {
			return fmt.Errorf("%s, line %d: %s", m.Member, m.Line, m.Problem)
		}
	}
	return nil
}
