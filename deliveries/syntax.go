package deliveries

import (
	"errors"
	"fmt"

	"mailgun-connector/templates"
)

// Mistake is a place in a content that does not do what it looks like.
type Mistake struct {
	Member string // of the delivery or of the details, such as "subject"
	templates.Position
	Problem string
}

// Mistakes returns the conditions and comments of a delivery that can't be
// compiled.
func (d Delivery) Mistakes() []Mistake {
	var c compiler
	d.templates(&c)
	return c.mistakes
}

// Mistakes returns the conditions and comments of the details that can't be
// compiled.
func (l Localized) Mistakes() []Mistake {
	var c compiler
	l.templates(&c)
	return c.mistakes
}

// compiler compiles the texts of a content and keeps what is wrong with them.
type compiler struct{ mistakes []Mistake }

func (c *compiler) parse(member, text string, kind templates.Kind) *templates.Template {
	t, err := templates.Parse(text, kind)
	if errs, ok := errors.AsType[templates.SyntaxErrors](err); ok {
		for _, e := range errs {
			c.mistakes = append(c.mistakes, Mistake{member, e.Position, e.Problem})
		}
	}
	return t
}

// err is the first mistake.
func (c *compiler) err() error {
	if len(c.mistakes) == 0 {
		return nil
	}
	m := c.mistakes[0]
	return fmt.Errorf("%s, line %d: %s", m.Member, m.Line, m.Problem)
}
