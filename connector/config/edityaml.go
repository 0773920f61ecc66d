package config

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// errNotByLine says that a YAML text does not have the members to change on lines
// of their own.
var errNotByLine = errors.New("can't be changed line by line")

// spliceYAML changes a text so that it means want, by replacing the lines of the
// members that differ. All other lines stay as they are, to the last blank.
func spliceYAML(text []byte, want any) ([]byte, error) {
	mark := bytes.HasPrefix(text, byteOrderMark)
	text = bytes.TrimPrefix(text, byteOrderMark)
	root, old, err := decodeYAML(text)
	if err != nil {
		return nil, err
	}
	s := splicer{lines: strings.SplitAfter(string(text), "\n")}
	if last := len(s.lines) - 1; s.lines[last] == "" {
		s.lines = s.lines[:last]
	}
	if !isBlock(root.Content[0], old, want) {
		return nil, errNotByLine
	}
	if err := s.mapping(root.Content[0], old.(map[string]any), want.(map[string]any), len(s.lines)); err != nil {
		return nil, err
	}
	next := s.join()
	if mark {
		next = string(byteOrderMark) + next
	}
	return []byte(next), nil
}

// isBlock reports whether a mapping that is to become another has its members on
// lines of their own.
func isBlock(n *yaml.Node, old, want any) bool {
	_, wasObject := old.(map[string]any)
	_, isObject := want.(map[string]any)
	return wasObject && isObject && n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
}

type splicer struct {
	lines []string // with their ends
	edits []lineEdit
}

// lineEdit puts a text in the place of lines, the first included and the last not.
type lineEdit struct {
	from, to int
	text     string
}

// mapping notes what changes in a mapping whose last line is before end.
func (s *splicer) mapping(n *yaml.Node, old, want map[string]any, end int) error {
	indent := n.Content[0].Column - 1
	last := 0       // line behind the last member
	spaced := false // whether a blank line stands between the first two
	for i := 0; i < len(n.Content); i += 2 {
		key, child := n.Content[i], n.Content[i+1]
		from, to := key.Line-1, end
		if i+2 < len(n.Content) {
			to = n.Content[i+2].Line - 1
		}
		if to = s.trim(from, to, indent); !s.begins(from, indent, key.Value) || to <= from {
			return errNotByLine
		}
		last = to
		spaced = spaced || i == 0 && len(n.Content) > 2 && s.isBlank(to)
		w, ok := want[key.Value]
		switch {
		case !ok:
			s.remove(from, to, indent)
		case same(old[key.Value], w):
		case isBlock(child, old[key.Value], w) && child.Line > key.Line && child.Anchor == "":
			if err := s.mapping(child, old[key.Value].(map[string]any), w.(map[string]any), to); err != nil {
				return err
			}
		default:
			if err := s.replace(lineEdit{from: from, to: to}, key, patch(child, old[key.Value], w), indent); err != nil {
				return err
			}
		}
	}
	for _, name := range inOrder(want) {
		if _, ok := old[name]; ok {
			continue
		}
		added := lineEdit{from: last, to: last}
		if spaced {
			added.text = s.lineEnd()
		}
		if err := s.replace(added, newNode(name), newNode(want[name]), indent); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a member in the place of an edit's lines. The comments above
// and below it stand on other lines.
func (s *splicer) replace(e lineEdit, key, value *yaml.Node, indent int) error {
	name := *key
	name.HeadComment, name.FootComment = "", ""
	text, err := encodeYAML(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{&name, value}})
	if err != nil {
		return err
	}
	margin := strings.Repeat(" ", indent)
	for line := range strings.Lines(string(text)) {
		if line != "\n" {
			line = margin + line
		}
		e.text += strings.TrimSuffix(line, "\n") + s.lineEnd()
	}
	s.edits = append(s.edits, e)
	return nil
}

// remove takes a member away, together with the comment right above it. A comment
// at the very beginning may be about the whole file, and stays.
func (s *splicer) remove(from, to, indent int) {
	above := from
	for above > 0 && s.isComment(above-1) && s.indent(above-1) == indent {
		above--
	}
	if above > 0 {
		from = above
	}
	if from > 0 && to < len(s.lines) && s.isBlank(to) && (s.isBlank(from-1) || s.indent(from-1) < indent) {
		to++
	}
	s.edits = append(s.edits, lineEdit{from: from, to: to})
}

// trim gives the end of a member without the blank lines and comments behind it,
// which are the next one's.
func (s *splicer) trim(from, to, indent int) int {
	for to > from+1 {
		above := to - 1
		marker := strings.HasPrefix(s.lines[above], "...")
		if !marker && !s.isBlank(above) && (!s.isComment(above) || s.indent(above) > indent) {
			break
		}
		to--
	}
	return to
}

// begins reports whether a line begins with the member.
func (s *splicer) begins(line, indent int, name string) bool {
	if line >= len(s.lines) || s.indent(line) != indent {
		return false
	}
	rest := s.lines[line][indent:]
	return strings.HasPrefix(rest, name) || strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "'")
}

// lineEnd is that of the file.
func (s *splicer) lineEnd() string {
	if strings.HasSuffix(s.lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

func (s *splicer) isBlank(line int) bool { return strings.TrimSpace(s.lines[line]) == "" }
func (s *splicer) isComment(line int) bool {
	return strings.HasPrefix(strings.TrimLeft(s.lines[line], " "), "#")
}
func (s *splicer) indent(line int) int {
	return len(s.lines[line]) - len(strings.TrimLeft(s.lines[line], " "))
}

// join gives the text with all edits made.
func (s *splicer) join() string {
	slices.SortStableFunc(s.edits, func(a, b lineEdit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := 0
	add := func(text string) {
		if text != "" && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(text)
	}
	for _, e := range s.edits {
		add(strings.Join(s.lines[at:max(at, e.from)], ""))
		add(e.text)
		at = max(at, e.to)
	}
	add(strings.Join(s.lines[at:], ""))
	return b.String()
}
