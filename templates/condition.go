package templates

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// block is a condition that is not closed yet.
type block struct {
	keyword string // "if" or "unless"
	tag     string // as it was written
	at      Position
	open    int // the part to tell where its branch ends: the condition, then its else
	inElse  bool
}

// condition compiles {{#if path}} and {{#unless path}}.
func (p *parser) condition(tag tag) {
	o := opIf
	if tag.name == "unless" {
		o = opUnless
	}
	path := splitPath(tag.arguments)
	if path == nil {
		p.fail(tag.at, "%s needs one path, such as {{#%s user.name}}", tag.text, tag.name)
	}
	p.blocks = append(p.blocks, block{keyword: tag.name, tag: tag.text, at: tag.at, open: len(p.t.parts)})
	p.t.add(part{op: o, name: tag.arguments, path: path})
}

// otherwise compiles {{else}}.
func (p *parser) otherwise(tag tag) {
	if tag.arguments != "" {
		p.fail(tag.at, "%s is not supported: write {{else}} and put another condition, with its own end, into it",
			tag.text)
		return
	}
	if len(p.blocks) == 0 {
		p.fail(tag.at, "%s is outside {{#if}} and {{#unless}}", tag.text)
		return
	}
	b := &p.blocks[len(p.blocks)-1]
	if b.inElse {
		p.fail(tag.at, "%s is the second one in %s of line %d", tag.text, b.tag, b.at.Line)
		return
	}
	p.endBranch(b, opElse)
	b.inElse = true
}

// close compiles {{/if}} and {{/unless}}.
func (p *parser) close(tag tag) {
	if tag.arguments != "" {
		p.fail(tag.at, "%s has words in it: write {{/%s}}", tag.text, tag.name)
	}
	if len(p.blocks) == 0 {
		p.fail(tag.at, "%s closes nothing: there is no {{#%s}} before it", tag.text, tag.name)
		return
	}
	b := &p.blocks[len(p.blocks)-1]
	if b.keyword != tag.name {
		p.fail(tag.at, "%s can't close %s of line %d: write {{/%s}}", tag.text, b.tag, b.at.Line, b.keyword)
	}
	p.endBranch(b, opEnd)
	p.blocks = p.blocks[:len(p.blocks)-1]
}

// endBranch ends a branch of b with a part that rendering goes on behind.
func (p *parser) endBranch(b *block, o op) {
	p.t.parts[b.open].skip = len(p.t.parts)
	b.open = len(p.t.parts)
	p.t.add(part{op: o})
}

func (p *parser) finish() {
	for _, b := range p.blocks {
		p.fail(b.at, "%s is not closed: add {{/%s}}", b.tag, b.keyword)
	}
}

func (p *parser) fail(at Position, format string, args ...any) {
	p.errs = append(p.errs, &SyntaxError{at, fmt.Sprintf(format, args...)})
}

// branch returns the index of the part that rendering goes on behind, after the
// condition or else of index i.
func (t *Template) branch(i int, payload map[string]any) int {
	switch p := &t.parts[i]; p.op {
	case opIf:
		if !p.holds(payload) {
			return p.skip
		}
	case opUnless:
		if p.holds(payload) {
			return p.skip
		}
	case opElse:
		return p.skip
	}
	return i
}

// Needs reports whether a text for this payload can't do without a value for
// name: it has a placeholder of exactly this name that no condition guards. A
// condition on the name itself does ({{#if code}}…{{code}}…{{/if}}), and one that
// has something else in its place ({{#if link}}…{{else}}…{{code}}…{{/if}} if the
// payload has a link); any other condition guards nothing. With a nil payload the
// answer is that for the payload that has nothing.
func (t *Template) Needs(name string, payload map[string]any) bool {
	if t == nil {
		return false
	}
	var open []branch
	for i := range t.parts {
		switch p := &t.parts[i]; p.op {
		case opIf, opUnless:
			open = append(open, branch{condition: p})
		case opElse:
			open[len(open)-1].other = true
		case opEnd:
			open = open[:len(open)-1]
		case opValue:
			guards := func(b branch) bool { return b.guards(name, payload) }
			if p.name == name && !slices.ContainsFunc(open, guards) {
				return true
			}
		}
	}
	return false
}

// branch is one of the two of a condition.
type branch struct {
	condition *part
	other     bool // the one behind the else
}

func (b branch) guards(name string, payload map[string]any) bool {
	if ifTrue := (b.condition.op == opIf) != b.other; ifTrue {
		return b.condition.name == name
	}
	return b.condition.holds(payload)
}

// holds reports whether the path of a condition leads to something that is true.
func (p *part) holds(payload map[string]any) bool {
	return truthy(lookup(payload[p.path[0]], p.path[1:]))
}

// truthy reports whether a value counts as true in a condition: all but null,
// false, the empty string, zero and the empty list, as in Handlebars.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case json.Number: // 0, -0.0 and 0e9 are zero
		mantissa, _, _ := strings.Cut(strings.ToLower(v.String()), "e")
		return strings.ContainsAny(mantissa, "123456789")
	case float64:
		return v != 0
	case int:
		return v != 0
	}
	return true
}
